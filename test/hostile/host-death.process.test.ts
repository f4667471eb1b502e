import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'
import { Gate, profiles, texts } from './hosts-under-test.ts'

/** The processes that `pid` has started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
    return list
      .split(' ')
      .filter((child) => child !== '')
      .map(Number)
  })
}

function signalHosts(signal: NodeJS.Signals): number {
  const hosts = childrenOf(process.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('host/main'),
  )
  for (const pid of hosts) process.kill(pid, signal)
  return hosts.length
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

const onLinux = process.platform === 'linux'

describe.runIf(onLinux).each(profiles)('when hosts die, %s profile', (profile) => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT'] as const)(
    '%s while cells wait costs nobody anything',
    async (signal) => {
      await using hosts = createHostPool({ profile, size: 2 })
      const gate = new Gate()
      await using session = await createSession({ hosts, tools: [gate.tool] })
      const source =
        'text(Math.random()); store("k", 1); const r = await tools.gate({ n: 1 }); text([r, load("k")]); text(await tools.gate({ n: 2 }))'
      const cells = [1, 2, 3].map(() => session.execute(source, { yieldTimeMs: 60_000 }))
      await gate.called(3)
      expect(signalHosts(signal)).toBeGreaterThan(0)
      for (const n of [1, 2, 3]) gate.open(n)
      await gate.called(6)
      signalHosts(signal)
      for (const n of [4, 5, 6]) gate.open(n)
      const outcomes = await Promise.all(cells)
      expect(outcomes.map(({ type }) => type)).toEqual(['completed', 'completed', 'completed'])
      expect(outcomes.map((outcome) => texts(outcome).length)).toEqual([3, 3, 3])
      expect(new Set(outcomes.map((outcome) => texts(outcome)[0])).size).toBe(3)
      expect(gate.calls).toHaveLength(6)
      expect(texts(await session.execute('text(load("k"))'))).toEqual(['1'])
    },
  )

  test('twenty times in a row, a cell goes on where it was', async () => {
    await using hosts = createHostPool({ profile, size: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const source = 'for (let i = 0; i < 20; i++) text([i, await tools.gate({ i }), Math.random() < 2])'
    const cell = session.execute(source, { yieldTimeMs: 120_000 })
    for (let n = 0; n < 20; n++) {
      await gate.called(n + 1)
      signalHosts('SIGKILL')
      gate.open(n)
    }
    const outcome = await cell
    expect(texts(outcome)).toEqual(Array.from({ length: 20 }, (_, n) => `[${n},${n},true]`))
    expect(gate.calls).toEqual(Array.from({ length: 20 }, (_, i) => ({ i })))
  }, 120_000)

  test('a timer that was set fires once, after the new host has taken over', async () => {
    await using hosts = createHostPool({ profile, size: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const source =
      'setTimeout(() => text("timer"), 100); await tools.gate({}); await new Promise((r) => setTimeout(r, 200)); text("end")'
    const cell = session.execute(source, { yieldTimeMs: 60_000 })
    await gate.called(1)
    signalHosts('SIGKILL')
    gate.open(0)
    expect(texts(await cell)).toEqual(['timer', 'end'])
  })

  test('a stopped host is replaced when it does not answer', async () => {
    await using hosts = createHostPool({ profile, size: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const cell = session.execute('text(await tools.gate({}))', { yieldTimeMs: 60_000 })
    await gate.called(1)
    signalHosts('SIGSTOP')
    gate.open('answer')
    expect(texts(await cell)).toEqual(['answer'])
  })

  test('a termination that a stopped host does not obey is done all the same', async () => {
    await using hosts = createHostPool({ profile, size: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    await session.execute('text("a"); await tools.gate({})', { yieldTimeMs: 0 })
    await gate.called(1)
    signalHosts('SIGSTOP')
    expect((await session.terminate('1')).type).toBe('terminated')
    expect(texts(await session.execute('text("next")', { yieldTimeMs: 60_000 }))).toEqual(['next'])
  })

  test('the cell that crashes its host fails, and is not tried again', async () => {
    await using hosts = createHostPool({ profile, size: 1 })
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const innocent = session.execute('text(await tools.gate({ who: "innocent" }))', { yieldTimeMs: 60_000 })
    await gate.called(1)
    const crash = 'await tools.gate({ who: "guilty" }); "x".repeat(2 ** 28).split("")'
    const guilty = session.execute(crash, { yieldTimeMs: 60_000 })
    await gate.called(2)
    gate.open('still here')
    gate.open('go')
    expect(texts(await innocent)).toEqual(['still here'])
    expect(await guilty).toMatchObject({
      type: 'failed',
      errorText: expect.stringMatching(/exec runtime ended unexpectedly|memory_mb/),
    })
    expect(gate.calls).toEqual([{ who: 'innocent' }, { who: 'guilty' }])
    expect(texts(await session.execute('text("next")'))).toEqual(['next'])
  })
})

describe.runIf(onLinux)('when the agent dies', () => {
  const program = fileURLToPath(new URL('../fixtures/agent-with-cells.ts', import.meta.url))

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s, its hosts are gone within a second, busy or not',
    async (signal) => {
      const agent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise((resolve) => {
        agent.stdout.once('data', resolve)
      })
      const hosts = childrenOf(agent.pid ?? 0)
      expect(hosts.length).toBeGreaterThan(0)
      const gone = new Promise((resolve) => {
        agent.on('exit', resolve)
      })
      agent.kill(signal)
      await gone
      await expect.poll(() => hosts.filter((pid) => isAlive(pid)), { timeout: 5000, interval: 50 }).toEqual([])
    },
  )

  test.each(profiles)('and nothing of its environment was in them, %s profile', async (profile) => {
    process.env['CODECELL_TEST_SECRET'] = 'canary'
    const before = new Set(childrenOf(process.pid))
    await using hosts = createHostPool({ profile, size: 1 })
    await using session = await createSession({ hosts })
    await session.execute('text(1)')
    const started = childrenOf(process.pid).filter((pid) => !before.has(pid))
    const names = started.map((pid) => {
      const entries = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      return new Set(entries.flatMap((entry) => (entry === '' ? [] : [entry.split('=')[0]])))
    })
    expect(names).toEqual([new Set(['LANG', 'LC_ALL', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'TZ'])])
  })
})
