import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { reducedBundle } from './one-bundle.ts'

const spec = traceVerbSpec('reduce')

/** `codecell trace reduce BUNDLE`: writes the trace state into the bundle, or to `--output`. */
export async function reduceVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const bundle = line.args[0] ?? ''
  const output = line.text('output')
  const text = `${JSON.stringify(reducedBundle(bundle, 'reduce').state, null, 2)}\n`
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

/** Replaces a file. An untrusted bundle can have a link as `state.json`: the link is replaced, not followed. */
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
