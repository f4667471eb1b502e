import { emissionKinds } from '../../engine/bridge.ts'
import { quickJsKinds } from '../kinds.ts'
import { send } from '../../prelude/emissions.js'

/** @type {EngineParts['waitForHost']} */
export function waitForHost(kind, id) {
  return waitOutside(kind, id ?? 0)
}

/** @type {EngineParts['sendText']} */
export function sendText(string) {
  send(emissionKinds.text, 0, '', string)
}

/** @type {EngineParts['putEvent']} */
export function putEvent(kind, id, a, b) {
  emitOut(kind, id, a, b)
}

/** @type {EngineParts['putLocation']} */
export function putLocation(line, column) {
  emitOut(quickJsKinds.location, line, `${column}`, '')
}

/** @type {EngineParts['isDeeperThan']} */
export function isDeeperThan(json, levels) {
  return waitOutside(quickJsKinds.jsonDepth, levels, json) !== undefined
}
