import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../src/errors.ts'
import { installReference } from './reference/install-reference.ts'
import { builtins } from './reference/parts/builtins.ts'
import { cases } from './reference/parts/cases.ts'
import { catalogue } from './reference/parts/catalogue.ts'
import { conversations } from './reference/parts/conversations.ts'
import { generatedCells } from './reference/parts/generated-cells.ts'
import { hostMessages } from './reference/parts/host-messages.ts'
import { scenarios } from './reference/parts/scenarios.ts'
import { toolTexts } from './reference/parts/tool-texts.ts'
import { traces } from './reference/parts/traces.ts'
import { exitStatusOf, type PartReport, type TrackReport } from './reference/track/facts.ts'
import { printReport } from './reference/track/print-report.ts'
import { trackPart } from './reference/track/track-part.ts'

// Observes a version of the reference and the pinned one in the same way, and prints what changed:
//   npm run track:reference -- 0.172.0 --only cases,texts --json report.json
// The exit status is 0 if nothing changed, 1 if something did, 2 if a part could not run.

const parts = [catalogue, toolTexts, builtins, cases, generatedCells, conversations, hostMessages, scenarios, traces]

try {
  process.exitCode = await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      /** The names of the parts to run, separated by commas. */
      only: { type: 'string' },
      /** Writes the report to this file, with differences of any length. */
      json: { type: 'string' },
    },
  })
  const [version, ...more] = positionals
  if (version === undefined || more.length > 0) {
    throw new RangeError(`Cannot track the reference: expected one version; run "npm run track:reference -- VERSION"`)
  }
  const selected = selectParts(values.only)
  const next = await installReference(version)
  const pinned = await installReference()
  const reports: PartReport[] = []
  for (const part of selected) {
    console.error(`Running ${part.name} …`)
    reports.push(
      await trackPart(part, { pinned, next }, ({ folder }, facts) =>
        writeJson(join(folder, 'facts', `${part.name}.json`), facts),
      ),
    )
  }
  const report: TrackReport = { pinned: pinned.version, version, parts: reports }
  process.stdout.write(printReport(report))
  if (values.json !== undefined) writeJson(values.json, report)
  return exitStatusOf(report)
}

function selectParts(only: string | undefined): typeof parts {
  if (only === undefined) return parts
  const names = only.split(',')
  const known = parts.map(({ name }) => name)
  const unknown = names.find((name) => !known.includes(name))
  if (unknown === undefined) return parts.filter(({ name }) => names.includes(name))
  throw new RangeError(`Cannot run part "${unknown}": must be one of ${known.join(', ')}`)
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
