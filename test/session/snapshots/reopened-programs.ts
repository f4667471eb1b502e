import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fromBase64 } from '../../../src/protocol/base64.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { readSession } from '../../../src/index.ts'
import { storedAt } from '../../support/store-of.ts'
import { programs } from '../../determinism/programs.ts'
import { Opening } from './durable-trial.ts'

/** Chooses what happens next: returns an integer from 0 to `below - 1`. */
type Choose = (below: number) => number

/** The state that an opening of a session leaves, without parts that depend on how its cell was resumed. */
type Left = {
  readonly commands: number
  /** The machine without its CPU time. */
  readonly machine: unknown
  /** A digest of the memory. */
  readonly memory: string
  /** The state of the cell; null for a session that is not in a folder. */
  readonly state: unknown
  readonly ledger: readonly string[]
}

const maxSteps = 8

/** The counts of a check: a check that compares nothing shows nothing. */
export type Compared = { programs: number; states: number; restored: number }

/**
 * Expects that generated programs do the same, and have the same memory and the same state in their session, whether their session is
 * closed and opened again between all commands, with snapshots, or their journal is replayed.
 */
export async function expectSameWhenReopened(numRuns: number, newLocation: () => string): Promise<Compared> {
  const compared: Compared = { programs: 0, states: 0, restored: 0 }
  const waiting = programs.filter((source) => source.includes('await tools.ask'))
  const generated = fc.asyncProperty(waiting, fc.infiniteStream(fc.nat()), async (source, numbers) => {
    await runReopened(newLocation(), source, (below) => Number(numbers.next().value) % below, compared)
  })
  await fc.assert(generated, { numRuns, endOnFailure: true })
  return compared
}

async function runReopened(location: string, source: string, choose: Choose, compared: Compared): Promise<void> {
  compared.programs++
  const first = await Opening.at(location, { always: true })
  await first.session.execute(source, { yieldTimeMs: 0 })
  let left = await leave(first, location, choose)
  for (let step = 0; step < maxSteps && left !== null; step++) {
    // With a listener, the journal is replayed.
    const replayed = await leave(await Opening.at(location, { always: true, listeners: [ignoring] }), location, null)
    if (replayed?.commands === left.commands) {
      compared.states++
      expect(replayed, source).toEqual(left)
    }
    if (replayed === null) return
    const resumed = await Opening.at(location, { always: true })
    left = await leave(resumed, location, choose)
    compared.restored += resumed.hosts.typesOf('restore').length
    expect(resumed.warnings).toEqual([])
    expect(resumed.hosts.typesOf('not_restored')).toEqual([])
  }
}

const ignoring = { onEvent: () => undefined }

/** Gives the program one command unless `choose` is null, and closes the session. Returns null when the program has ended or cannot wake. */
async function leave(opening: Opening, location: string, choose: Choose | null): Promise<Left | null> {
  await using _ = opening
  const { session, hosts } = opening
  let isWaiting = await opening.untilIdle()
  if (isWaiting && choose !== null) isWaiting = await giveOne(opening, location, choose)
  if (!isWaiting) {
    await expectEnd(opening)
    return null
  }
  const ledger = session.ledger('1').map(({ callId, state, input }) => `${callId} ${state} ${input}`)
  await session.close({ graceMs: 0 })
  const snapshot = hosts.received.findLast((message) => message.type === 'snapshot')
  if (snapshot?.type !== 'snapshot') throw new Error('Cannot compare a session: its cell left no snapshot')
  const bytes = Buffer.from(fromBase64(snapshot.body))
  const end = 10 + bytes.readUInt32BE(6)
  const machine: unknown = JSON.parse(bytes.toString('utf8', 10, end))
  if (isRecord(machine) && isRecord(machine['counters'])) delete machine['counters']['cpuMs']
  return {
    commands: snapshot.commands,
    machine,
    memory: hash('sha256', bytes.subarray(end)),
    state: stateAt(location),
    ledger,
  }
}

/** Settles a call, or waits for a timer. Returns false when the program has ended or nothing wakes it. */
async function giveOne(opening: Opening, location: string, choose: Choose): Promise<boolean> {
  const { gate } = opening
  const before = opening.handled
  const { length } = gate.waiting
  if (length > 0) {
    const skipped = choose(length)
    gate.openAt(skipped, { got: choose(1000) })
  }
  // waits because timers of the program run in real time.
  for (; opening.handled === before && !opening.isOver; await setImmediate()) {
    if (length === 0 && !(await hasTimer(location))) return false
  }
  return await opening.untilIdle()
}

/** Whether a timer can wake cell 1. */
async function hasTimer(location: string): Promise<boolean> {
  const { storage, store } = storedAt(location)
  const sessionId = 's'
  const report =
    store === undefined ? readSession({ storage: storage ?? '', sessionId }) : await readSession({ store, sessionId })
  const state = report.cellList[0]?.state
  return state?.type !== 'running' || state.waits.some(({ type }) => type === 'timer')
}

async function expectEnd({ session, isOver }: Opening): Promise<void> {
  const outcome = isOver ? await session.observe('1', { yieldTimeMs: 600_000 }) : await session.terminate('1')
  const errorText = 'errorText' in outcome ? outcome.errorText : ''
  expect(errorText).not.toMatch(/diverged|unexpectedly|impossible/)
}

/** Returns the state of cell 1 in the snapshot of a folder. */
function stateAt(location: string): unknown {
  const path = join(location, 's', 'cells', '1.snapshot')
  if (!existsSync(path)) return null
  const sealed = readFileSync(path)
  const from = 9 + sealed.readUInt32BE(5)
  return JSON.parse(sealed.toString('utf8', from + 4, from + 4 + sealed.readUInt32BE(from)))
}
