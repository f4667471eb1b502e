import { readFileSync } from 'node:fs'
import type { CellOutcome, Session, SessionEvent } from '../src/index.ts'

// The agent process of bench/waiting-cells.ts: starts many cells that wait, evicts them, and wakes them. Prints figures
// as JSON lines. It runs from JavaScript, so that only the package is loaded. Arguments: the package, the number of
// cells, and the programs: `mixed`, or `one timer for all`, where every cell waits for the same time.

const [builtPackage = '', countText = '10000', programs = 'mixed'] = process.argv.slice(-3)
const count = Number(countText)
const { createSession }: typeof import('../src/index.ts') = await import(builtPackage)

/** When timers are due, from the start: late enough for all cells to be evicted. */
const timersDueMs = 25_000 + 11 * count
const startedAt = performance.now()
const answers = new Map<number, (value: unknown) => void>()
let evictions = 0
/** A cell that starts late, on a busy machine, receives its result at once. */
let isWaking = false
let revivals = 0

const session: Session = await createSession({
  evictAfterMs: 2000,
  limits: { maxCellsPerSession: count, toolTimeoutMs: 3_600_000 },
  tools: [
    { name: 'now', call: (input: unknown) => input },
    {
      name: 'later',
      call: (input: unknown) => (isWaking ? input : new Promise((resolve) => answers.set(idOf(input), resolve))),
    },
  ],
  listeners: [{ onEvent }],
})
report('session open')
for (let from = 0; from < count; from += 100) {
  const ids = Array.from({ length: Math.min(100, count - from) }, (_, n) => from + n)
  await Promise.all(ids.map((id) => session.execute(programOf(id), { yieldTimeMs: 0 })))
}
report('all started')
await untilEvicted()
report('all evicted')
await new Promise((resolve) => setTimeout(resolve, 15_000))
report('15 s later')
const wakeAt = performance.now()
let mostInHosts = 0
const watch = setInterval(() => (mostInHosts = Math.max(mostInHosts, hostsMb())), 250)
isWaking = true
const order = [...answers.keys()].sort(() => Math.random() - 0.5)
const outcomes = session.cells().map((cellId) => session.observe(cellId, { yieldTimeMs: 600_000 }))
for (const id of order) answers.get(id)?.({ id })
const right = (await Promise.all(outcomes)).filter(isRight).length
clearInterval(watch)
report('all woken', {
  hostsMb: Math.max(mostInHosts, hostsMb()),
  right,
  wakeMs: Math.round(performance.now() - wakeAt),
})
await session.close()

function onEvent({ type }: SessionEvent): void {
  if (type === 'cell_evicted') evictions++
  if (type === 'cell_revived') revivals++
}

/** Of ten programs six make one call, two make ten calls before that, two set a timer. */
function programOf(id: number): string {
  const kind = programs === 'mixed' ? id % 10 : 9
  if (kind < 6) return `text(${id}); text((await tools.later({ id: ${id} })).id)`
  if (kind < 8) {
    return `text(${id}); for (let i = 0; i < 10; i++) await tools.now({ i }); text((await tools.later({ id: ${id} })).id)`
  }
  const delay = Math.max(Math.round(timersDueMs - (performance.now() - startedAt)), 1000)
  return `text(${id}); await new Promise((resolve) => setTimeout(resolve, ${delay})); text(${id})`
}

function isRight(outcome: CellOutcome): boolean {
  if (outcome.type !== 'completed') return false
  const id = String(Number(outcome.cellId) - 1)
  const texts = outcome.items.map((item) => (item.type === 'input_text' ? item.text : ''))
  // Earlier output was delivered when the cell yielded; the rest arrives here.
  return texts.at(-1) === id && texts.length <= 2
}

function idOf(input: unknown): number {
  return typeof input === 'object' && input !== null && 'id' in input ? Number(input.id) : -1
}

function agentMb(): number {
  return process.memoryUsage.rss() / 1e6
}

function hostsMb(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim().split(' ')
  const pages = children.map((pid) => Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]))
  return (pages.reduce((sum, each) => sum + each, 0) * 4096) / 1e6
}

function report(step: string, more: object = {}): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const heapMb = process.memoryUsage().heapUsed / 1e6
  const figures = {
    step,
    agentMb: agentMb(),
    heapMb,
    hostsMb: hostsMb(),
    evictions,
    revivals,
    seconds,
    ...more,
  }
  console.log(JSON.stringify(figures))
}

/** Waits until timers are due. */
async function untilEvicted(): Promise<void> {
  const isOver = (): boolean => evictions - revivals >= count || performance.now() - startedAt > timersDueMs - 20_000
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 100))
}
