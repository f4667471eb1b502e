import { expect, test } from 'vitest'
import type { CellLimits } from '../protocol/cell-limits.ts'
import type { FromHost, HostCell, ToHost } from '../protocol/message.ts'
import type { Engine, EngineIsolate } from './engine/engine.ts'
import { HostRuntime } from './runtime.ts'

const print = { name: 'v8', version: '', prelude: '', flags: '', icu: '', tz: '', timeZone: '', locale: '' }

/** Counts the isolates that exist. Programs end at once. */
class CountingEngine implements Engine {
  live = 0
  most = 0

  print(): typeof print {
    return print
  }

  dispose(): void {}

  createIsolate(): EngineIsolate {
    this.live++
    this.most = Math.max(this.most, this.live)
    let end: (() => void) | undefined
    return {
      cpuMs: 0,
      warmUp: () => undefined,
      installCatalogue: () => undefined,
      preload: () => undefined,
      configure: () => undefined,
      compile: () => ({ type: 'ready' }),
      attach: (listener) => {
        const result = { type: 'completed' } as const
        end = () => listener.onEmissions([{ type: 'program_ended', result, isParked: false, promiseUses: null }])
      },
      run: async () => {
        await Promise.resolve()
        end?.()
        return { type: 'waiting' }
      },
      receive: () => Promise.resolve({ type: 'waiting' }),
      dispose: () => void this.live--,
    }
  }
}

const limits: CellLimits = {
  memoryMb: 64,
  cpuMs: 1000,
  stallMs: 1000,
  outputBytes: 1000,
  errorBytes: 1000,
  toolCalls: 10,
  pendingToolCalls: 10,
  pendingArgumentBytes: 1000,
  argumentBytes: 1000,
  jsonDepth: 10,
  notifications: 10,
  notificationBytes: 1000,
  storedValueBytes: 1000,
  storedBytes: 1000,
  storedKeys: 10,
  timers: 10,
  events: 1000,
}

function start(cell: HostCell): ToHost {
  return { type: 'start', cell, time: 0, seed: 0, catalogue: 0, limits, places: 'none', body: '' }
}

/** Sends messages to a host in one turn, and returns its engine and its messages up to the response to the last one. */
async function sentTogether(messages: readonly ToHost[]): Promise<[CountingEngine, FromHost[]]> {
  const engine = new CountingEngine()
  const received: FromHost[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const runtime = new HostRuntime(engine, {
    deliver(batch) {
      received.push(...batch)
      if (batch.some(({ type }) => type === 'pong')) resolve()
    },
    drained: () => Promise.resolve(),
  })
  runtime.receive([
    { type: 'hello', version: 2, spares: 0, memoryMb: 64 },
    { type: 'catalogue', catalogue: 0, body: '[]' },
  ])
  runtime.receive(messages)
  runtime.receive([{ type: 'ping', id: 1 }])
  await promise
  runtime.dispose()
  return [engine, received]
}

test('of many short cells that start together, the first end before the last have isolates', async () => {
  const cells = Array.from({ length: 50 }, (_, index) => index + 1)
  const [engine, received] = await sentTogether(cells.map((cell) => start(cell)))
  expect(engine.most).toBeLessThan(10)
  expect(received.flatMap((message) => (message.type === 'completed' ? [message.cell] : []))).toEqual(cells)
})

test('messages after the start of a cell keep their order', async () => {
  const [engine, received] = await sentTogether([start(1), { type: 'terminate', cell: 1 }, start(2), start(3)])
  const order = received.flatMap((message) => {
    if (message.type === 'started') return [`started ${message.cell}`]
    return message.type === 'pong' ? ['pong'] : []
  })
  expect(order).toEqual(['started 1', 'started 2', 'started 3', 'pong'])
  expect(engine.live).toBe(0)
})
