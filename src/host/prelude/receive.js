import { objectFromEntries, parse } from './primordials.js'
import { commandKinds } from '../bridge.ts'
import { setLimits } from './limits.js'
import { mute, unmute } from './bridge.js'
import { beginCommand, seedRandom } from './clock-and-random.js'
import './removed-builtins.js'
import { setGlobal } from './objects.js'
import { complete, hasEnded, reopen } from './driver.js'
import { audio, generatedImage, image, text } from './output.js'
import { content } from './content.js'
import { includePreloaded, load, preload, store } from './stored-values.js'
import { exit, notify, yield_control } from './notifications.js'
import { callTool, forgetToolCalls, installManyTools, installTools, settleCall } from './tools.js'
import { clearTimeout, fireTimer, setTimeout } from './timers.js'
import { as_settled, stream_settled } from './settlement.js'

let isConfigured = false

const helpers = objectFromEntries([
  ['text', text],
  ['image', image],
  ['audio', audio],
  ['content', content],
  ['generatedImage', generatedImage],
  ['store', store],
  ['load', load],
  ['notify', notify],
  ['setTimeout', setTimeout],
  ['clearTimeout', clearTimeout],
  ['yield_control', yield_control],
  ['exit', exit],
  ['as_settled', as_settled],
  ['stream_settled', stream_settled],
])
for (const name in helpers) setGlobal(name, helpers[name])

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
