import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { stateJson } from '../../trace-format.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseCommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { writeLines } from '../common/write-lines.ts'
import { traceVerbSpec } from '../specs/trace-commands.ts'
import { reducedBundle } from './one-bundle.ts'

const spec = traceVerbSpec('reduce')

/** `codecell trace reduce BUNDLE`: writes the trace state into the bundle, or to `--output`. */
export async function reduceVerb(args: readonly string[], { stdout }: Io): Promise<number> {
  const line = parseCommandLine(spec, args)
  const bundle = line.args[0] ?? ''
  const output = line.text('output')
  const lines = stateJson(reducedBundle(bundle, 'reduce').state)
  if (output === '-') {
    await writeLines(stdout, lines)
    return exitCodes.completed
  }
  const path = output ?? join(bundle, 'state.json')
  try {
    if (output === undefined) replaceFile(path, lines)
    else writeFile(path, 'w', lines)
  } catch (error) {
    throw new CommandError(exitCodes.scriptFailed, `Cannot write the state: ${messageOf(error)}`)
  }
  stdout.write(`${path}\n`)
  return exitCodes.completed
}

function writeFile(path: string, flag: 'w' | 'wx', lines: Iterable<string>): void {
  const file = openSync(path, flag)
  try {
    for (const line of lines) writeFileSync(file, `${line}\n`)
  } finally {
    closeSync(file)
  }
}

/** Replaces a file. An untrusted bundle can have a link as `state.json`: the link is replaced, not followed. */
function replaceFile(path: string, lines: Iterable<string>): void {
  const draft = `${path}.${process.pid}`
  try {
    writeFile(draft, 'wx', lines)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
