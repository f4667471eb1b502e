import { readFileSync, writeFileSync } from 'node:fs'
import { createCodeModeTools, createSession, type WaitPolicy } from '../src/index.ts'
import { replaceBetweenMarkers } from './performance-page.ts'
import { QuietCall } from './quiet-call.ts'

// npm run bench:waiting [-- --write]: measures the model turns and tokens that waiting costs: the polling of reported
// sessions, replayed under both policies.

/** A reported session: the number of waits, each of one second, and their total cost. */
type Reported = { readonly name: string; readonly waits: number; readonly tokens: number }

const reported: readonly Reported[] = [
  { name: 'openai/codex#35259', waits: 702, tokens: 109_000_000 },
  { name: 'openai/codex#38495', waits: 147, tokens: 24_800_000 },
]

/** The time that the models requested with each wait. */
const hintMs = 1000

const rows: string[] = []
for (const each of reported) {
  for (const waitPolicy of ['exact', 'backoff'] as const) rows.push(await row(each, waitPolicy))
}
const report = [
  '| reported | policy | turns | input tokens | response tokens | end seen after, s |',
  '| --- | --- | --: | --: | --: | --: |',
  ...rows,
].join('\n')
console.log(report)
const page = new URL('../docs/performance.md', import.meta.url)
if (process.argv.includes('--write')) {
  writeFileSync(page, replaceBetweenMarkers(readFileSync(page, 'utf8'), report, 'waiting'))
}

/** One call that is silent for as long as the reported waits took, observed until it ends. */
async function row({ name, waits, tokens }: Reported, waitPolicy: WaitPolicy): Promise<string> {
  const clock = new QuietCall(waits * hintMs)
  await using real = await createSession()
  const { wait } = createCodeModeTools(clock.sessionOver(real), { waitPolicy })
  let turns = 0
  let answers = 0
  for (let isOver = false; !isOver; turns++) {
    const { items, cellId } = await wait.call({ cell_id: '1', yield_time_ms: hintMs })
    for (const item of items) answers += item.type === 'input_text' ? Buffer.byteLength(item.text) / 4 : 0
    isOver = cellId === null
  }
  // A turn sends the whole conversation again: the average cost of a reported one.
  const input = Math.round((turns * tokens) / waits)
  const figures = [turns, input, Math.round(answers), clock.nowMs / 1000]
  return `| ${[name, waitPolicy, ...figures.map((figure) => figure.toLocaleString('en'))].join(' | ')} |`
}
