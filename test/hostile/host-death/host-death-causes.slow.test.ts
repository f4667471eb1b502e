import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../../src/index.ts'
import { builtProgram } from '../../support/built-program.ts'
import { deaths, type Death } from './host-deaths.ts'
import { leftovers } from './host-leftovers.ts'
import { childrenOf, LaterHosts } from './host-processes.ts'
import { profiles, type Profile } from '../hosts-under-test.ts'
import { testDeath } from './test-death.ts'

const onLinux = process.platform === 'linux'

/** Each death once, with different signals. The slow suite has all combinations. */
const chosen: readonly [Profile, NodeJS.Signals, Death][] = [
  ['default', 'SIGKILL', deaths.beforeStart],
  ['default', 'SIGTERM', deaths.whileCompiled],
  ['default', 'SIGSEGV', deaths.whileRunning],
  ['default', 'SIGABRT', deaths.whileNotifying],
  ['default', 'SIGKILL', deaths.whileCalling],
  ['default', 'SIGTERM', deaths.whileWaiting],
  ['default', 'SIGSEGV', deaths.withTimer],
  ['default', 'SIGKILL', deaths.withApprovals],
  ['default', 'SIGABRT', deaths.fiveInARow],
  ['default', 'SIGKILL', deaths.byCrash],
  ['default', 'SIGKILL', deaths.terminateWhenStopped],
  ['strict', 'SIGKILL', deaths.whileRunning],
  ['strict', 'SIGABRT', deaths.whileWaiting],
  ['strict', 'SIGKILL', deaths.terminateWhenStopped],
]

describe.runIf(onLinux)('a host that dies', () => testDeath(chosen))

describe.runIf(onLinux)('a process that disposes of a pool', () => {
  test.each(leftovers)('a process that %s leaves no host behind', async (_name, play) => await play('default'))
})

test.runIf(onLinux)(
  'a pool has as many hosts as its size, and one more for each session with its own process',
  async () => {
    const started = new LaterHosts()
    const hosts = createHostPool({ size: 1, warmIsolates: 1 })
    const sessions = await Promise.all([createSession({ hosts }), createSession({ hosts })])
    expect(started.pids).toHaveLength(1)
    const own = await createSession({ hosts, isolation: 'process-per-session' })
    expect(started.pids).toHaveLength(2)
    await own.close()
    expect(started.pids).toHaveLength(1)
    for (const session of sessions) await session.close()
    await hosts[Symbol.asyncDispose]()
    expect(started.pids).toEqual([])
  },
)

const program = await builtProgram(new URL('../../fixtures/agent-with-cells.ts', import.meta.url))

describe.runIf(onLinux)('an agent', () => {
  // Concurrent tests must use the `expect.poll` of their own context.
  test.concurrent.for(['SIGKILL', 'SIGTERM'] as const)(
    'the hosts of an agent that dies by %s exit',
    async (signal, context) => {
      const agent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(agent.stdout, 'data')
      const hosts = childrenOf(agent.pid ?? 0)
      expect(hosts.length).toBeGreaterThan(0)
      const gone = once(agent, 'exit')
      agent.kill(signal)
      await gone
      await context.expect.poll(() => hosts.filter((pid) => isAlive(pid))).toEqual([])
    },
  )

  test.each(profiles)('an agent passes no variable of its environment to its %s hosts', async (profile) => {
    process.env['CODECELL_TEST_SECRET'] = 'canary'
    const started = new LaterHosts()
    await using hosts = createHostPool({ profile, size: 1 })
    await using session = await createSession({ hosts })
    await session.execute('text(1)')
    const names = started.pids.map((pid) => {
      const entries = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      return new Set(entries.flatMap((entry) => (entry === '' ? [] : [entry.split('=')[0]])))
    })
    expect(names).toEqual([new Set(['LANG', 'LC_ALL', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'TZ'])])
  })
})

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}
