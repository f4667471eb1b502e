import { defineProperty, objectFromEntries, parse } from './primordials.js'
import { commandKinds } from '../engine/bridge.ts'
import { setLimits } from './limits.js'
import { mute, unmute } from './emissions.js'
import { beginCommand, seedRandom } from './clock-and-random.js'
import './builtins/added-builtins.js'
import './builtins/removed-builtins.js'
import { asNative } from './native.js'
import { setGlobal } from './objects.js'
import { complete, hasEnded, reopen } from './program-end.js'
import { audio, generatedImage, image, text, useGlobalText } from './output.js'
import { content } from './content.js'
import { includePreloaded, load, preload, store } from './stored-values.js'
import { exit, notify, yield_control } from './notifications.js'
import { callTool, forgetToolCalls, installManyTools, installTools, settleCall } from './tools.js'
import { clearTimeout, fireTimer, setTimeout } from './timers.js'
import { as_settled, stream_settled } from './settlement.js'

let isConfigured = false

/** Removes the name and the parameters, which helpers of the reference do not have. @type {(helper: Function) => Function} */
function nameless(helper) {
  defineProperty(helper, 'name', { value: '' })
  defineProperty(helper, 'length', { value: 0 })
  return helper
}

/** The globals of a cell, in their order. Those that are null are installed with the catalogue. */
const helpers = objectFromEntries([
  ['tools', null],
  ['ALL_TOOLS', null],
  ['clearTimeout', nameless(clearTimeout)],
  ['setTimeout', nameless(setTimeout)],
  ['text', nameless(text)],
  ['content', content],
  ['image', nameless(image)],
  ['audio', nameless(audio)],
  ['generatedImage', nameless(generatedImage)],
  ['store', nameless(store)],
  ['load', nameless(load)],
  ['notify', nameless(notify)],
  ['yield_control', nameless(yield_control)],
  ['exit', nameless(exit)],
  ['as_settled', as_settled],
  ['stream_settled', stream_settled],
])
for (const name in helpers) {
  const helper = helpers[name] ?? null
  setGlobal(name, helper === null ? undefined : asNative(helper))
}
useGlobalText()

/**
 * Runs once through the code that nearly every cell uses, so that it is compiled before a cell needs it. A cell that was
 * configured first needs no warm-up.
 */
function warmUp() {
  if (isConfigured) return
  mute()
  setLimits(
    parse(
      '{"outputBytes":1,"jsonDepth":1,"argumentBytes":2,"toolCalls":1,"pendingToolCalls":1,"pendingArgumentBytes":2}',
    ),
  )
  text('x')
  void callTool('', {})
  settleCall(1, true, '1')
  beginCommand(0)
  seedRandom(1)
  complete()
  reopen()
  forgetToolCalls()
  unmute()
}

/**
 * The function through which commands come in.
 * @type {(kind: number, id: number, time: number, a: string, b: string) => void}
 */
export function receive(kind, id, time, a, b) {
  if (hasEnded) return
  switch (kind) {
    case commandKinds.catalogue:
      return id === 0 ? installTools(a) : installManyTools()
    case commandKinds.preload:
      return preload(a, b)
    case commandKinds.configure:
      isConfigured = true
      setLimits(parse(a))
      includePreloaded()
      beginCommand(time)
      return seedRandom(id)
    case commandKinds.toolResponse:
      beginCommand(time)
      return settleCall(id, true, b)
    case commandKinds.toolError:
      beginCommand(time)
      return settleCall(id, false, b)
    case commandKinds.timeoutFired:
      beginCommand(time)
      return fireTimer(id)
    case commandKinds.warmUp:
      return warmUp()
  }
}
