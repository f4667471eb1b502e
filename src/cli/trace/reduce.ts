import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../index.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { readFlags, textFlag } from '../flags.ts'
import type { Io } from '../io.ts'
import { bundleOf, reducedBundle } from './one-bundle.ts'

/** `codecell trace reduce BUNDLE`: the trace state, beside the bundle's files or where `--output` says. */
export async function reduceVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const given = readFlags('trace', args, { output: { type: 'string', short: 'o' } })
  const bundle = bundleOf(given)
  const output = textFlag(given, 'output')
  const text = `${JSON.stringify(reducedBundle(bundle).state, null, 2)}\n`
  if (output === '-') {
    stdout.write(text)
    return exitCodes.completed
  }
  const path = output ?? join(bundle, 'state.json')
  try {
    if (output === undefined) replaceFile(path, text)
    else writeFileSync(path, text)
  } catch (error) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot write the state: ${messageOf(error)}`)
  }
  stdout.write(`${path}\n`)
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
