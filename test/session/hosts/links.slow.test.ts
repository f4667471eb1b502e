import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSession } from '../../../src/index.ts'
import { cuts } from '../../support/links/link-relay.ts'
import { LinkedHosts } from '../../support/links/linked-hosts.ts'
import { testBusyCells, testCallsInSequence, testOneHost, testReturn, testTermination } from './link-faults.ts'

// The pings of hosts use intervals. Without fake ones, a loaded machine could make a link silent that a test did not cut.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

describe.each(cuts)('when links break by "%s",', (kind) => {
  test('all busy cells resume on other hosts at once, none is a suspect, and no call is made twice', async () => {
    await testBusyCells(kind)
  })

  test('the cells of one host resume on the other, which keeps running', async () => {
    await testOneHost(kind)
  })

  test('a program makes each of forty calls in sequence once', async () => {
    await testCallsInSequence(kind)
  })

  test('cells wait while no host can be reached, and resume when one comes back', async () => {
    await testReturn(kind)
  })

  test('a cell can be terminated while its link breaks', async () => {
    await testTermination(kind)
  })
})

test('createSession() rejects when no host can be reached', async () => {
  await using links = await LinkedHosts.start({ size: 1 })
  links.relay.down = 'reset'
  await expect(createSession({ hosts: links.pool })).rejects.toMatchObject({ code: 'HOST_START_FAILED' })
  expect(links.relay.connections).toBe(3)
})
