import { getEventListeners } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createHostPool } from '../../src/index.ts'
import { messageOf } from '../../src/errors.ts'
import { SeededRandom } from '../faults/random.ts'
import { hostProcesses } from '../hostile/host-death/host-processes.ts'
import { Stage } from './stage.ts'
import { stageKinds } from './stages.ts'

// An agent that runs cells against hostile tools until its time is over, and reports its memory after every round.
// Arguments: minutes, seed. Started with --expose-gc.
const [minutes = '1', seed = '1'] = process.argv.slice(2)

/** The concurrent work of every stage in a round. */
const lanes = 2
const playsPerLane = { rough: 4, calm: 20 }
/** Minimum number of rounds, also on a slow machine: fewer show no trend after the warm-up. */
const leastRounds = 24

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function problem(text: string): void {
  say({ type: 'problem', text })
}

process.on('unhandledRejection', (reason) => problem(`unhandled rejection: ${messageOf(reason)}`))
process.on('uncaughtException', (error) => problem(`uncaught exception: ${error.stack ?? error.message}`))
process.on('warning', ({ name, message }) => {
  if (name === 'MaxListenersExceededWarning') problem(`${name}: ${message}`)
})

const until = Date.now() + Number(minutes) * 60_000
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

const startedAt = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'codecell-soak-'))
const user = new AbortController()
const random = new SeededRandom(Number(seed))
const calm = createHostPool({ size: 2, warmIsolates: 2, memoryMb: 64 })
const rough = createHostPool({ size: 1, warmIsolates: 1, memoryMb: 64, maxCells: 3 })
const around = { calm, rough, folder, user: user.signal, random }
const open = async (isRough: boolean): Promise<Stage[]> =>
  await Promise.all(stageKinds.filter((kind) => kind.isRough === isRough).map((kind) => Stage.open(kind, around)))

const calmStages = await open(false)
for (const stage of calmStages.filter(({ kind }) => kind.renewedAfter === null)) await stage.flood(20_000)
/** Hosts that are not killed: those of the calm pool, until it replaces them. */
const calmHosts: ReadonlySet<number> = new Set(hosts())
/** Emptied at the end, so that the last sample shows what closed sessions leave behind. */
const stages = [...calmStages.splice(0), ...(await open(true))]
let cells = 0

function killRoughHost(): void {
  const candidates = hosts().filter((pid) => !calmHosts.has(pid))
  if (candidates.length === 0) return
  try {
    process.kill(random.pick(candidates), 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function playOn(stage: Stage): Promise<void> {
  for (let play = 0; play < playsPerLane[stage.kind.isRough ? 'rough' : 'calm']; play++) {
    const complaint = await stage.play()
    cells++
    if (complaint !== null) problem(complaint)
  }
}

async function round(count: number): Promise<void> {
  const playing = Promise.all(stages.flatMap((stage) => Array.from({ length: lanes }, () => playOn(stage))))
  for (const stage of stages) stage.replaceTools()
  if (count % 2 === 1) killRoughHost()
  await playing
  for (const stage of stages) {
    const complaint = await stage.endRound()
    if (complaint !== null) problem(complaint)
  }
}

async function sample(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    // waits because tools answer late, and finalizers run some turns after the collection that found their objects
    await delay(50)
    globalThis.gc?.()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  say({
    type: 'sample',
    cells,
    seconds: (performance.now() - startedAt) / 1000,
    heap: heapUsed + external,
    resident: rss,
    hosts: hosts().map(residentOf),
    listeners: getEventListeners(user.signal, 'abort').length,
  })
}

function hosts(): readonly number[] {
  return process.platform === 'linux' ? hostProcesses() : []
}

/** Returns the memory that a process occupies, in bytes. */
function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}

for (let count = 0; !interrupted.signal.aborted && (count < leastRounds || Date.now() < until); count++) {
  await round(count)
  await sample()
}
for (const stage of stages.splice(0)) await stage.close()
await calm[Symbol.asyncDispose]()
await rough[Symbol.asyncDispose]()
rmSync(folder, { recursive: true, force: true })
await sample()
say({ type: 'over' })
