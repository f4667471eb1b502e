import { expect } from 'vitest'
import { CodecellError } from '../../../src/errors.ts'
import type { LogRecord, OpenLog, SessionLogs, SessionName } from '../../../src/storage/logs/session-logs.ts'
import { endLease, type LogEngine, newName, nothing } from './engine.ts'

/** Numbers from 0 to below 1 that depend on the seed only. */
export type Random = () => number

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Run = {
  readonly engine: LogEngine
  readonly nodes: readonly SessionLogs[]
  readonly random: Random
  /** The number of operations of each node. */
  readonly operations: number
  /** Something that happens to the store between operations. */
  readonly disturb?: () => Promise<void>
}

type Written = LogRecord & { readonly n: number; readonly epoch: number }

/**
 * Lets several nodes fight for two sessions: they open, append without waiting, release, and declare each other dead.
 * Then checks that the logs are dense, that epochs never go back, that each row has the writer of its epoch, and that
 * everything that was confirmed is there, once, in order.
 */
export async function fightForSessions(run: Run): Promise<void> {
  const { tenant } = newName()
  const names = [newName(tenant), newName(tenant)]
  const confirmed = new Map(names.map(({ id }) => [id, new Set<number>()]))
  await Promise.all(run.nodes.map((node) => new Fighter(node, run, names, confirmed).fight()))
  const [reader] = run.nodes
  if (reader === undefined) throw new Error('expected a node')
  for (const name of names) {
    const { records } = await again(() => reader.read(name))
    check(records, confirmed.get(name.id) ?? new Set())
  }
}

let numbers = 0

class Fighter {
  readonly #logs = new Map<string, OpenLog>()
  readonly #appends: Promise<void>[] = []
  readonly #node: SessionLogs
  readonly #run: Run
  readonly #names: readonly SessionName[]
  readonly #confirmed: ReadonlyMap<string, Set<number>>

  constructor(node: SessionLogs, run: Run, names: readonly SessionName[], confirmed: ReadonlyMap<string, Set<number>>) {
    this.#node = node
    this.#run = run
    this.#names = names
    this.#confirmed = confirmed
  }

  async fight(): Promise<void> {
    const { operations, random, disturb } = this.#run
    for (let operation = 0; operation < operations; operation++) {
      const name = this.#names[Math.floor(random() * this.#names.length)]
      if (name === undefined) continue
      const log = this.#logs.get(name.id)
      if (log === undefined) await this.#take(name)
      else await this.#use(log, random())
      if (random() < 0.05) await disturb?.()
    }
    await Promise.all(this.#appends)
  }

  async #use(log: OpenLog, choice: number): Promise<void> {
    if (choice < 0.8) {
      this.#append(log)
      if (choice < 0.3) await this.#appends.at(-1)
      return
    }
    if (choice < 0.85) {
      await again(() => log.release({ at: null }))
      this.#logs.delete(log.name.id)
    }
  }

  #append(log: OpenLog): void {
    const records = Array.from({ length: 1 + Math.floor(this.#run.random() * 3) }, () => {
      return { type: 'written', cell: 1, n: numbers++, epoch: log.epoch }
    })
    const append = log.append(records, nothing).then(
      () => {
        for (const { n } of records) this.#confirmed.get(log.name.id)?.add(n)
      },
      (error: unknown) => {
        if (!(error instanceof CodecellError) || !['SESSION_LOST', 'SESSION_CLOSED'].includes(error.code)) throw error
        if (this.#logs.get(log.name.id) === log) this.#logs.delete(log.name.id)
      },
    )
    this.#appends.push(append)
  }

  async #take(name: SessionName): Promise<void> {
    const opened = await again(() => this.#node.open(name, { mustExist: false }))
    if (!('heldBy' in opened)) this.#logs.set(name.id, opened)
    else if (this.#run.random() < 0.5) await again(() => endLease(this.#run.engine, this.#node, name))
  }
}

/** Repeats a call until the store responds. */
export async function again<Value>(call: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const isOfStore = error instanceof CodecellError && error.code === 'STORE_UNREACHABLE'
      // The statements of the test itself fail with the errors of the driver.
      if (error instanceof CodecellError && !isOfStore) throw error
      // waits because the store is away
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

function check(records: readonly LogRecord[], confirmed: ReadonlySet<number>): void {
  let epoch = 0
  let last = -1
  const found = new Set<number>()
  for (const record of records) {
    if (isTook(record)) {
      expect(record.epoch).toBeGreaterThan(epoch)
      epoch = record.epoch
      last = -1
    } else if (isWritten(record)) {
      expect(record.epoch).toBe(epoch)
      expect(record.n).toBeGreaterThan(last)
      expect(found.has(record.n)).toBe(false)
      last = record.n
      found.add(record.n)
    }
  }
  expect([...confirmed].filter((n) => !found.has(n))).toStrictEqual([])
}

function isTook(record: LogRecord): record is LogRecord & { readonly epoch: number } {
  return record.type === 'took'
}

function isWritten(record: LogRecord): record is Written {
  return record.type === 'written'
}
