import { expect, test } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { scriptedPool, type Script } from '../../hostile/scripted-host.ts'
import { textsOf } from '../../support/texts.ts'

const cut = { type: 'unreachable', reason: 'its link ended' } as const
const crash = { type: 'lost', reason: 'it was killed by SIGSEGV', detail: '', cause: 'SIGSEGV' } as const

/** A host whose cells start and stay busy. */
const busy: Script = { onStart: ({ cell }, emit) => emit({ type: 'started', cell }) }

test('a busy cell resumes on shared hosts however often its links break', async () => {
  const count = 10
  const { pool, hosts } = scriptedPool(...Array.from({ length: count }, () => busy))
  await using session = await createSession({ hosts: pool })
  const end = session.execute('text(1)')
  for (let index = 0; index < count; index++) {
    await expect.poll(() => hosts[index]?.received.some(({ type }) => type === 'start')).toBe(true)
    hosts[index]?.end(cut)
  }
  expect(textsOf(await end)).toEqual(['honest'])
  // A dedicated host has a warm isolate, and the hosts of this pool have none.
  expect(hosts.map(({ received }) => received[0])).toMatchObject(
    Array.from({ length: count + 1 }, () => ({ spares: 0 })),
  )
})

test('a suspect whose dedicated host is out of reach gets another dedicated host, and keeps its retries', async () => {
  const { pool, hosts } = scriptedPool(busy, busy, busy, busy, busy, busy)
  await using session = await createSession({ hosts: pool })
  const ends = [session.execute('text(1)'), session.execute('text(2)')]
  await expect.poll(() => hosts[0]?.received.filter(({ type }) => type === 'start').length).toBe(2)
  hosts[0]?.end(crash)
  for (let index = 1; index < 6; index++) {
    await expect.poll(() => hosts[index]?.received.some(({ type }) => type === 'start')).toBe(true)
    hosts[index]?.end(cut)
  }
  for (const end of ends) expect(textsOf(await end)).toEqual(['honest'])
  expect(hosts.slice(1).map(({ received }) => received[0])).toMatchObject(hosts.slice(1).map(() => ({ spares: 1 })))
})
