import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { honest, scriptedPool } from '../../hostile/scripted-host.ts'
import { textsOf } from '../../support/texts.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test('a pool replaces a host that retains much memory five seconds after its last cell', async () => {
  let residentMb = 60
  const { pool, hosts } = scriptedPool({ ...honest, residentMb: () => residentMb })
  await using session = await createSession({ hosts: pool })
  expect(textsOf(await session.execute('text(1)'))).toEqual(['honest'])
  residentMb = 300
  vi.advanceTimersByTime(4999)
  expect(hosts).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(hosts).toHaveLength(2)
  expect(await hosts[0]?.ended).toEqual({ type: 'closed' })
  expect(textsOf(await session.execute('text(2)'))).toEqual(['honest'])
  expect(hosts[1]?.received.filter(({ type }) => type === 'start')).toHaveLength(1)
  expect(hosts).toHaveLength(2)
})

test('a pool keeps a host that retains little memory after its last cell', async () => {
  let residentMb = 60
  const { pool, hosts } = scriptedPool({ ...honest, residentMb: () => residentMb })
  await using session = await createSession({ hosts: pool })
  await session.execute('text(1)')
  residentMb = 180
  vi.advanceTimersByTime(60_000)
  await session.execute('text(2)')
  expect(hosts).toHaveLength(1)
})
