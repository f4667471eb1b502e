import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../../src/protocol/json.ts'
import { runCodex } from '../../../test/codex-cli/codex-run.ts'
import { brokenScenarios, scenarios } from '../../../test/codex-cli/scenarios.ts'
import { firstDifference } from '../difference.ts'
import type { Reference } from '../install-reference.ts'
import { reduceWithCodecell, reduceWithReference } from '../reduce-trace.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { FieldTable, fieldPaths } from './field-paths.ts'
import { ownBundles } from './own-bundles.ts'

/** Depth of a field of an entry in a state: the table, the entry, the field. */
const stateDepth = 3

/**
 * The format of the bundles that the agent records in the scenarios, and the verdicts of both reducers: whether codecell
 * reduces these bundles to the same state, and whether the agent does so with bundles of codecell.
 */
export const traces: Part = {
  name: 'traces',
  title: 'Traces',
  isTimed: true,
  async collect(reference, only): Promise<Facts> {
    const folder = mkdtempSync(join(tmpdir(), 'codecell-traces-'))
    const fields = new FieldTable()
    const verdicts: Record<string, unknown> = {}
    // The fields come from all scenarios, so one of them cannot be collected alone.
    const needsAll = only === null || [...only].some((name) => !name.startsWith('reduction of '))
    try {
      for (const [name, scenario] of Object.entries({ ...scenarios, ...brokenScenarios })) {
        const fact = `reduction of "${name}" by codecell`
        if (!needsAll && !only.has(fact)) continue
        const traceFolder = mkdtempSync(join(folder, 'scenario-'))
        await runCodex({ ...scenario, codex: reference.codex, protocol: 'grpc', traceFolder })
        const bundles = readdirSync(traceFolder).map((each) => join(traceFolder, each))
        for (const bundle of bundles) addFields(fields, bundle)
        verdicts[fact] = bundles
          .map((bundle) => verdictOf(fields, reference, bundle))
          .toSorted()
          .join('\n')
      }
      const own = needsAll ? await ownBundleFacts(reference, folder) : {}
      return { ...fields.facts(), ...verdicts, ...own }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** Adds the fields of the manifest, the events and the files of a bundle. */
function addFields(fields: FieldTable, bundle: string): void {
  const manifest: unknown = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'))
  const version = isRecord(manifest) ? String(manifest['schema_version']) : 'none'
  fields.add('schema version', [version])
  fields.add('manifest', fieldPaths(manifest))
  const files = readdirSync(bundle, { recursive: true, encoding: 'utf8' })
  fields.add(
    'files of a bundle',
    files.map((file) => file.replaceAll(/\d+/g, 'N')),
  )
  for (const line of readFileSync(join(bundle, 'trace.jsonl'), 'utf8').trim().split('\n')) {
    const event: unknown = JSON.parse(line)
    if (!isRecord(event)) continue
    const { payload, ...envelope } = withoutReferences(event, (each) =>
      fields.add('payload reference', fieldPaths(each)),
    )
    fields.add('event', fieldPaths(envelope))
    if (isRecord(payload)) fields.add(`event ${String(payload['type'])}`, fieldPaths(payload))
  }
}

/** Returns an event whose references to payloads are strings. */
function withoutReferences(
  event: Readonly<Record<string, unknown>>,
  onReference: (reference: object) => void,
): Readonly<Record<string, unknown>> {
  const copy: unknown = JSON.parse(JSON.stringify(event), (_, value: unknown) => {
    if (!isRecord(value) || !Object.hasOwn(value, 'raw_payload_id')) return value
    onReference(value)
    return 'a reference'
  })
  return isRecord(copy) ? copy : {}
}

/** Returns whether both reducers return the same state, and adds the fields of the state. */
function verdictOf(fields: FieldTable, { codex }: Reference, bundle: string): string {
  const state = reduceWithReference(codex, bundle)
  fields.add('state', fieldPaths(state, stateDepth))
  const ours = reduceWithCodecell(bundle)
  return sameState(state, ours)
}

function sameState(theirs: unknown, ours: unknown): string {
  if (typeof theirs === 'string') return `the reference: ${errorOf(theirs)}`
  if (typeof ours === 'string') return `codecell: ${ours}`
  const difference = firstDifference(theirs, ours)
  return difference === null
    ? 'the same state'
    : `another state at ${difference.split(': ')[0]?.replaceAll(/\d+|[\da-f-]{8,}/g, 'N')}`
}

/** Returns the error of a command without its warnings. */
function errorOf(output: string): string {
  return (output.split('\n').find((line) => line.startsWith('Error: ')) ?? output).trim()
}

/** Returns whether the agent reduces bundles of codecell to the same state as codecell. */
async function ownBundleFacts({ codex }: Reference, folder: string): Promise<Facts> {
  const bundles = Object.entries(await ownBundles(folder))
  const verdicts = bundles.map(([name, bundle]) => [
    `reduction of a bundle of codecell: ${name}`,
    sameState(reduceWithReference(codex, bundle), reduceWithCodecell(bundle)),
  ])
  return Object.fromEntries(verdicts)
}
