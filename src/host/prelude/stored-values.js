import { MapOf, indexOf, mapGet, mapHas, mapSet, parse, slice, stringify, toWellFormed, trunc } from './primordials.js'
import { emissionKinds, waitKinds } from '../engine/bridge.ts'
import { bytesOf, limit, limitText, limits } from './limits.js'
import { send } from './emissions.js'
import { emitLocation } from './location.js'
import { portableJsonOf } from './json.js'
import { STORED, countPromises, readText } from './promise-uses.js'

let storedBytes = 0
let storedKeys = 0
/** Stored values as JSON: those of the session at the start, and those of this cell. @type {Map<string, string>} */
const storedValues = new MapOf()
/** Retained outputs of other cells that the program has loaded; undefined where there is none. @type {Map<number, string | undefined>} */
const retainedOutputs = new MapOf()

/** Adds a value that the session had before this cell. @type {(key: string, json: string) => void} */
export function preload(key, json) {
  storedBytes += bytesOf(key) + bytesOf(json)
  storedKeys++
  mapSet(storedValues, key, json)
}

/** The limits state what this cell may add; the checks count preloaded values as well. */
export function includePreloaded() {
  limits['storedBytes'] = limit('storedBytes') + storedBytes
  limits['storedKeys'] = limit('storedKeys') + storedKeys
}

/** @type {(key: any, who: string) => string} */
function keyOf(key, who) {
  try {
    return toWellFormed(`${key}`)
  } catch {
    throw `${who} key must be a string`
  }
}

const outputPrefix = 'output:'

/** @type {(key: unknown, value: unknown) => void} */
export function store(key, value) {
  const name = keyOf(key, 'store')
  if (indexOf(name, outputPrefix) === 0) {
    throw `Unable to store ${stringify(name)}. Keys that begin with "${outputPrefix}" hold the output of cells and are read only.`
  }
  if (value === undefined) {
    throw `Unable to store ${stringify(name)}. Only plain serializable objects can be stored.`
  }
  const json = portableJsonOf(value)
  checkStored(name, json)
  mapSet(storedValues, name, json)
  countPromises(STORED, value, json)
  emitLocation()
  send(emissionKinds.stored, 0, name, json)
}

/** @type {(name: string, json: string) => void} */
function checkStored(name, json) {
  const size = bytesOf(name) + bytesOf(json)
  if (size > limit('storedValueBytes')) throw limitText('stored_value_bytes', limit('storedValueBytes'), size)
  const before = mapGet(storedValues, name)
  const total = storedBytes + size - (before === undefined ? 0 : bytesOf(name) + bytesOf(before))
  if (total > limit('storedBytes')) throw limitText('stored_bytes', limit('storedBytes'), total)
  const keys = storedKeys + (before === undefined ? 1 : 0)
  if (keys > limit('storedKeys')) throw limitText('stored_keys', limit('storedKeys'), keys)
  storedBytes = total
  storedKeys = keys
}

/** @type {(key: unknown) => unknown} */
export function load(key) {
  const name = keyOf(key, 'load')
  if (indexOf(name, outputPrefix) === 0) return retainedOutput(slice(name, outputPrefix.length))
  const json = mapGet(storedValues, name)
  if (json === undefined) return undefined
  readText(json)
  return parse(json)
}

/**
 * Returns the retained output of another cell. Only the session has it: this thread waits for it once, and a replay gets the
 * same output.
 * @type {(cell: string) => string | undefined}
 */
function retainedOutput(cell) {
  const id = +cell
  if (`${id}` !== cell || trunc(id) !== id || id < 1 || id > 9007199254740991) return undefined
  if (!mapHas(retainedOutputs, id)) {
    mapSet(retainedOutputs, id, /** @type {string | undefined} */ (waitForHost(waitKinds.retainedOutput, id)))
  }
  const found = mapGet(retainedOutputs, id)
  if (found !== undefined) readText(found)
  return found
}
