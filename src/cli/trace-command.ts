import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError, messageOf } from '../index.ts'
import { openTraceBundle, reduceTrace, type TraceState } from '../trace.ts'
import { CommandError, exitCodes } from './exit-codes.ts'
import { readFlags, textFlag, type Given } from './flags.ts'

/** `codecell trace reduce|check BUNDLE`. */
export async function traceCommand(args: readonly string[]): Promise<number> {
  const given = readFlags('trace', args, { output: { type: 'string', short: 'o' } })
  const [action, bundle, ...more] = given.rest
  if (action !== 'reduce' && action !== 'check') {
    throw usage(`Cannot run "trace ${action ?? ''}": reduce and check are known`)
  }
  if (bundle === undefined || more.length > 0) throw usage('Give the folder of one bundle')
  return action === 'reduce' ? reduce(bundle, given) : check(bundle, given)
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, `${message}\nSee: codecell help trace`)
}

function reduce(bundle: string, given: Given): number {
  const output = textFlag(given, 'output')
  const text = `${JSON.stringify(stateOf(bundle), null, 2)}\n`
  if (output === '-') {
    process.stdout.write(text)
    return exitCodes.completed
  }
  const path = output ?? join(bundle, 'state.json')
  try {
    if (output === undefined) replaceFile(path, text)
    else writeFileSync(path, text)
  } catch (error) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot write the state: ${messageOf(error)}`)
  }
  process.stdout.write(`${path}\n`)
  return exitCodes.completed
}

/** A bundle may come from anybody, with a link in the place of `state.json`: the link is replaced, not followed. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, text, { flag: 'wx' })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function check(bundle: string, given: Given): number {
  if (given.flags['output'] !== undefined) throw usage('Cannot use --output with check')
  const state = stateOf(bundle)
  const counts = [
    `cells: ${Object.keys(state.code_cells).length}`,
    `tool calls: ${Object.keys(state.tool_calls).length}`,
    `conversation items: ${Object.keys(state.conversation_items).length}`,
    `payloads: ${Object.keys(state.raw_payloads).length}`,
  ]
  const end = state.recording_complete ? 'whole' : 'cut: the recorder did not say that it was done'
  process.stdout.write(`${bundle}: reduces; ${end}; status ${state.status}; ${counts.join(', ')}\n`)
  return state.recording_complete ? exitCodes.completed : exitCodes.scriptFailed
}

function stateOf(bundle: string): TraceState {
  try {
    const opened = openTraceBundle(bundle)
    return reduceTrace(opened.manifest, opened.events(), opened.payloads)
  } catch (error) {
    if (!(error instanceof CodecellError)) throw error
    const cause = error.cause === undefined ? '' : ` (${messageOf(error.cause)})`
    throw new CommandError(exitCodes.scriptFailed, `Cannot reduce ${bundle}: ${error.message}${cause}`)
  }
}
