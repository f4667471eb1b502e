import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import type { FromHost } from '../../../src/protocol/message.ts'
import type { Transport, TransportEnd } from '../../../src/protocol/transport.ts'
import { LocalHostPool } from '../../../src/session/hosts/host-pool.ts'
import { textsOf } from '../../support/texts.ts'
import { startTestHost } from '../../support/engine.ts'

/** Returns a host that dies as soon as it has rejected a source. */
function hostThatRejectsAndDies(): Transport {
  const host = startTestHost()
  const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>()
  const die = (): void => resolve({ type: 'lost', reason: 'it was killed by SIGKILL', detail: '', cause: 'SIGKILL' })
  return {
    isLink: false,
    unsentBytes: 0,
    sentBytes: 0,
    drained: () => Promise.resolve(),
    ended,
    send: (message) => host.send(message),
    listen: (onMessages) =>
      host.listen((messages) => {
        const at = messages.findIndex(({ type }) => type === 'rejected')
        const delivered: readonly FromHost[] = at === -1 ? messages : messages.slice(0, at + 1)
        onMessages(delivered)
        if (at !== -1) die()
      }),
    kill: die,
    residentBytes: () => null,
    [Symbol.asyncDispose]: async () => {
      resolve({ type: 'closed' })
      await host[Symbol.asyncDispose]()
    },
  }
}

test('a program with types runs once when the host that could not compile it dies', async () => {
  let starts = 0
  const start = (): Transport => (starts++ === 0 ? hostThatRejectsAndDies() : startTestHost())
  await using hosts = new LocalHostPool({ place: start, min: 1, max: 1, warmIsolates: 0, memoryMb: 64 })
  await using session = await createSession({ hosts, tools: [{ name: 'look', call: () => 'seen' }] })
  const outcome = await session.execute(
    'type Named = { n: number }\nconst one: Named = { n: 1 }\ntext(await tools.look(one))',
  )
  expect([outcome.type, ...textsOf(outcome)]).toEqual(['completed', 'seen'])
  expect([starts, session.ledger().length]).toEqual([2, 1])
})
