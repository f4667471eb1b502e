import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { isRecord } from '../src/protocol/json.ts'
import { openTraceBundle, reduceTrace } from '../src/trace.ts'
import { sortedJson } from '../src/trace/reducer/normalize-item.ts'

// Reduces bundles that the reference recorded, and edited ones, and compares the results with those of the reference.
// The argument is a folder with `trace-corpus/*/` (schema 2), `trace-corpus-3/*/` (schema 3), `trace-mutations.json` and
// `mutate.mjs`. The exit code is 1 if they differ.

/**
 * The verdicts that differ on purpose. codecell reads schema 1, accepts invalid arguments of a wait, and shows items of an
 * unknown form. The two cases `other-event` have swapped verdicts: for the bundles as described, the reference returns the same
 * as codecell.
 */
const ours: Readonly<Record<string, string | undefined>> = {
  'manifest-version-1': 'unsupported trace event schema 2 at line 1',
  'all-version-1': 'a state',
  'request-unknown-item-type': 'a state',
  'wait-no-json': 'a state',
  'wait-custom-payload': 'a state',
  'other-event': 'raw trace event has no reducer implementation',
}

const [, , folder = ''] = process.argv
const corpus = join(folder, 'trace-corpus')
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

function stateOf(bundle: string): unknown {
  const { manifest, events, payloads } = openTraceBundle(bundle)
  return JSON.parse(JSON.stringify(reduceTrace(manifest, events(), payloads)))
}

/** Returns the hash of the state of a bundle, or its error. */
function verdictOf(bundle: string): string {
  try {
    return createHash('sha256')
      .update(sortedJson(stateOf(bundle)))
      .digest('hex')
  } catch (error) {
    return messageOf(error)
  }
}

function differentStates(bundles: string): string[] {
  const names = readdirSync(bundles).filter((name) => existsSync(join(bundles, name, 'state.json')))
  return names.filter(
    (name) => !isDeepStrictEqual(stateOf(join(bundles, name)), json(join(bundles, name, 'state.json'))),
  )
}

async function differentVerdicts(): Promise<string[]> {
  const { mutate }: { mutate: (from: string, to: string, edits: unknown) => void } = await import(
    pathToFileURL(resolve(folder, 'mutate.mjs')).href
  )
  const list = json(join(folder, 'trace-mutations.json'))
  const cases = isRecord(list) && Array.isArray(list['cases']) ? list['cases'].filter(isRecord) : []
  const target = mkdtempSync(join(tmpdir(), 'codecell-corpus-'))
  const different = cases.flatMap(({ name, base, ops, result }) => {
    mutate(join(corpus, String(base)), join(target, 'bundle'), ops)
    const theirs = isRecord(result) ? String(result['error'] ?? result['state_sha256']) : ''
    const expected = ours[String(name).split('.')[1] ?? ''] ?? theirs
    const verdict = verdictOf(join(target, 'bundle'))
    const isSame = verdict === expected || (expected === 'a state' && /^[\da-f]{64}$/.test(verdict))
    return isSame ? [] : [`${String(name)}: ${verdict} (expected: ${expected})`]
  })
  rmSync(target, { recursive: true })
  return different
}

const states = [...differentStates(corpus), ...differentStates(join(folder, 'trace-corpus-3'))]
const differences = [...states.map((name) => `${name}: another state`), ...(await differentVerdicts())]
console.log(differences.length === 0 ? 'All results match the reference' : differences.join('\n'))
if (differences.length > 0) process.exitCode = 1
