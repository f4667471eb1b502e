import { TypeNotes } from '../src/agent/type-check/type-notes.ts'
import { preflight } from '../src/agent/preflight/preflight.ts'
import { createCatalogue } from '../src/agent.ts'
import { createSession, type Tool } from '../src/index.ts'
import { InputChecks } from '../src/session/common/input-validation.ts'
import { TypeStripper } from '../src/session/services/type-stripper.ts'
import { createInputCheck } from '../src/tools/validation/check-input.ts'

// Measures the checks of `docs/validation.md`, as rows for `docs/performance.md`.
const text = { type: 'string', description: 'A text' }
const edit = { type: 'object', properties: { oldText: text, newText: text }, required: ['oldText', 'newText'] }
const inputSchema = {
  type: 'object',
  properties: { path: text, edits: { type: 'array', items: edit }, dryRun: { type: 'boolean' } },
  required: ['path', 'edits'],
  additionalProperties: false,
}
const input = { path: 'a.ts', edits: [{ oldText: 'a', newText: 'b' }], dryRun: false }
const tool: Tool = { name: 'edit_file', inputSchema, outputSchema: edit, call: () => ({ oldText: '', newText: '' }) }
const statement =
  'const r = await tools.edit_file({ path: "a", edits: [1, 2].map((i) => ({ oldText: `${i}`, newText: "" })) })\n'
const source = Array.from({ length: 260 }, () => `{ ${statement.trim()} }\n`).join('')

/** Minimum and median, in milliseconds. */
type Times = { readonly best: number; readonly median: number }

function timesOf(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b)
  return { best: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0 }
}

async function timed(work: () => unknown): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

async function time(runs: number, work: () => unknown): Promise<Times> {
  const values: number[] = []
  for (let run = 0; run < runs; run++) values.push(await timed(work))
  return timesOf(values)
}

/** A thousand calls without and with the check, alternating, because the speed of the machine varies. */
async function callsInTurns(): Promise<readonly [Times, Times]> {
  await using off = await createSession({ tools: [tool], checkInputs: false })
  await using on = await createSession({ tools: [tool] })
  const program = `for (let i = 0; i < 1000; i++) await tools.edit_file(${JSON.stringify(input)})`
  const values: [number[], number[]] = [[], []]
  for (let run = 0; run < 30; run++) {
    values[0].push(await timed(() => off.execute(program, { yieldTimeMs: 60_000 })))
    values[1].push(await timed(() => on.execute(program, { yieldTimeMs: 60_000 })))
  }
  return [timesOf(values[0]), timesOf(values[1])]
}

function row(name: string, { best, median }: Times, unit: 'µs' | 'ms', factor = 1): void {
  const shown = [best, median].map((value) => (value * factor).toFixed(value * factor < 10 ? 1 : 0))
  console.log(`| ${name} | ${shown[0]} ${unit} | ${shown[1]} ${unit} |`)
}

const check = createInputCheck(inputSchema)
const catalogue = createCatalogue([tool])
await using stripper = new TypeStripper()
const parts = { catalogue, stripper, inputChecks: new InputChecks({ isEnabled: true, onUnchecked: () => undefined }) }
const loop = (action: () => unknown) => (): void => {
  for (let i = 0; i < 1000; i++) action()
}
row(
  'validation of one input, valid',
  await time(
    50,
    loop(() => check(input)),
  ),
  'µs',
)
row(
  'validation of one input, with an explanation',
  await time(
    50,
    loop(() => check({ path: 1, edit: [] })),
  ),
  'µs',
)
row(
  'creating the validator of a schema',
  await time(
    50,
    loop(() => createInputCheck(inputSchema)),
  ),
  'µs',
)
const [without, withCheck] = await callsInTurns()
row('1,000 sequential calls, each, without validation', without, 'µs')
row('1,000 sequential calls, each, with validation', withCheck, 'µs')
row(`preflight of ${Math.round(source.length / 1000)} KB`, await time(30, () => preflight(source, parts)), 'ms')
row('preflight of a program of one line', await time(200, () => preflight(statement, parts)), 'µs', 1000)
// The compiler process is unref'ed.
const hold = setInterval(() => undefined, 1000)
const notes = new TypeNotes(stripper)
const noteOn = async (program: string): Promise<void> => await notes.begin(program, catalogue).settled
row('type notes, first program of a session, concurrently with the cell', await time(1, () => noteOn(statement)), 'ms')
row('type notes, a program of one line, concurrently with the cell', await time(30, () => noteOn(statement)), 'ms')
row(
  `type notes, ${Math.round(source.length / 1000)} KB, concurrently with the cell`,
  await time(10, () => noteOn(source)),
  'ms',
)
row('delay of the agent by type notes', await time(200, () => void notes.begin(statement, catalogue)), 'µs', 1000)
await notes[Symbol.asyncDispose]()
clearInterval(hold)
