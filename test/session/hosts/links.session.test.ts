import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { LinkedHosts } from '../../support/links/linked-hosts.ts'
import { testBusyCells, testCallsInSequence, testReturn, testTermination } from './link-faults.ts'

// The pings of hosts use intervals. Without fake ones, a loaded machine could make a link silent that a test did not cut.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

// `links.slow.test.ts` runs each of them with each cut.
test('all busy cells resume on other hosts at once, none is a suspect, and no call is made twice, when links are reset', async () => {
  await testBusyCells('reset')
})

test('a program makes each of forty calls in sequence once, when its links fall silent', async () => {
  await testCallsInSequence('silence')
})

test('cells wait while no host can be reached, and resume when one comes back', async () => {
  await testReturn('end')
})

test('a cell can be terminated while its link breaks', async () => {
  await testTermination('silence')
})

test('createSession() rejects when no host can be reached', async () => {
  await using links = await LinkedHosts.start({ size: 1 })
  links.relay.down = 'reset'
  await expect(createSession({ hosts: links.pool })).rejects.toMatchObject({ code: 'HOST_START_FAILED' })
  expect(links.relay.connections).toBe(3)
})
