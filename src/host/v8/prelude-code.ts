import { constants, createContext, Script } from 'node:vm'
import { commandKinds } from '../engine/bridge.ts'
import { TextRing } from './text-ring.ts'

type Receive = (kind: number, id: number, time: number, a: string, b: string) => void
type Install = (
  emit: () => void,
  host: { readonly applySyncPromise: () => undefined },
  ring: SharedArrayBuffer,
) => Receive

/** The functions of a cell that its program and its wrapper call. */
type Globals = {
  readonly $cell?: (file: string, importName: string, shift: string) => { readonly ok: () => void }
  readonly text?: (value: unknown) => void
  readonly tools?: { readonly tool?: (input: unknown) => Promise<unknown> }
}

/** Limits that no program below reaches. */
const limits = JSON.stringify({
  outputBytes: 100,
  jsonDepth: 100,
  argumentBytes: 100,
  toolCalls: 100,
  pendingToolCalls: 100,
})

/**
 * Returns the code cache of the prelude, which all isolates of this process accept. It has the functions that the cell of a short
 * program runs, because that runs here once, in a context of Node: a cache that an isolate makes has only functions that V8 compiles
 * together with the script, and each isolate would compile the others again.
 */
export function compilePrelude(source: string, filename: string): ArrayBuffer {
  const script = new Script(source, { filename })
  const context = createContext(constants.DONT_CONTEXTIFY)
  const globals: Globals = context
  const install: Install = script.runInContext(context)
  const receive = install(() => undefined, { applySyncPromise: () => undefined }, new TextRing().memory)
  receive(commandKinds.warmUp, 0, 0, '', '')
  receive(commandKinds.catalogue, 0, 0, '[{"name":"tool"}]', '')
  receive(commandKinds.configure, 1, 0, limits, '')
  const driver = globals.$cell?.('exec_main.mjs', '', '0')
  globals.text?.('text')
  void globals.tools?.tool?.({})
  receive(commandKinds.toolResponse, 1, 0, '', '1')
  driver?.ok()
  return new Uint8Array(script.createCachedData()).buffer
}
