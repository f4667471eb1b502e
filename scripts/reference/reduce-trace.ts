import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../src/errors.ts'
import { openTraceBundle, reduceTrace } from '../../src/trace.ts'

/** Returns the state of a bundle from the command of the reference, or the text of its error. */
export function reduceWithReference(codex: string, bundle: string): unknown {
  const home = mkdtempSync(join(tmpdir(), 'codecell-reduce-'))
  const output = join(home, 'state.json')
  try {
    const { status, stderr } = spawnSync(codex, ['debug', 'trace-reduce', bundle, '--output', output], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home },
    })
    return status === 0 ? JSON.parse(readFileSync(output, 'utf8')) : stderr
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Returns the state of a bundle from the reducer of codecell as a JSON value, or the text of its error. */
export function reduceWithCodecell(bundle: string): unknown {
  try {
    const { manifest, events, payloads } = openTraceBundle(bundle)
    return JSON.parse(JSON.stringify(reduceTrace(manifest, events(), payloads)))
  } catch (error) {
    return messageOf(error)
  }
}
