import { describe, expect, test } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'
import { hostProcesses, signalHosts } from './host-processes.ts'
import { Gate, profiles, texts } from './hosts-under-test.ts'

const signals = ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT'] as const
const cases = profiles.flatMap((profile) => signals.map((signal) => ({ profile, signal })))

/** Fifty calls at once, each of its own kind. */
const fiftyCallsOf = (name: string): string =>
  `const all = Array.from({ length: 50 }, (_, n) => tools.gate({ who: "${name}", n })); text((await Promise.all(all)).length)`

describe.runIf(process.platform === 'linux').each(cases)('a host that dies by $signal, $profile profile', (given) => {
  const { profile, signal } = given
  const pool = (size = 1) => createHostPool({ profile, size, spares: 2 })

  test('before a cell starts is noticed by nobody', async () => {
    await using hosts = pool()
    await using session = await createSession({ hosts })
    expect(signalHosts(signal)).toBe(1)
    expect(texts(await session.execute('text("a")', { yieldTimeMs: 60_000 }))).toEqual(['a'])
  })

  test('while a source is compiled is noticed by nobody', async () => {
    await using hosts = pool()
    await using session = await createSession({ hosts })
    const source = `text("a") // import ${'x'.repeat(900_000)}`
    expect(
      texts(await session.execute(source, { yieldTimeMs: 60_000, onStarted: () => void signalHosts(signal) })),
    ).toEqual(['a'])
  })

  test('while a cell runs is noticed by nobody: what was said is not said again', async () => {
    await using hosts = pool()
    await using session = await createSession({ hosts })
    const source = 'text("a"); yield_control(); for (let n = 0; n < 3e7; n++); text("b")'
    const first = await session.execute(source, { yieldTimeMs: 60_000 })
    expect(texts(first)).toEqual(['a'])
    signalHosts(signal)
    const second = await session.observe('1', { yieldTimeMs: 60_000 })
    expect([second.type, texts(second)]).toEqual(['completed', ['b']])
  })

  test('while its last notification is delivered is noticed by nobody', async () => {
    await using hosts = pool()
    const delivering = Promise.withResolvers<void>()
    const delivered = Promise.withResolvers<void>()
    await using session = await createSession({
      hosts,
      onNotification: () => (delivering.resolve(), delivered.promise),
    })
    const cell = session.execute('store("k", 1); notify("n"); text("a")', { yieldTimeMs: 60_000 })
    await delivering.promise
    signalHosts(signal)
    delivered.resolve()
    expect(texts(await cell)).toEqual(['a'])
    expect(texts(await session.execute('text(load("k"))', { yieldTimeMs: 60_000 }))).toEqual(['1'])
  })

  test('while many calls are under way makes none of them twice', async () => {
    await using hosts = pool(2)
    const gate = new Gate()
    await using session = await createSession({ hosts, tools: [gate.tool] })
    const cells = ['a', 'b', 'c', 'd'].map((name) => session.execute(fiftyCallsOf(name), { yieldTimeMs: 60_000 }))
    await gate.called(200)
    for (let n = 0; n < 200; n++) {
      if (n % 60 === 0) signalHosts(signal)
      gate.open(n)
    }
    expect((await Promise.all(cells)).map(texts)).toEqual([['50'], ['50'], ['50'], ['50']])
    expect(new Set(gate.calls.map((call) => JSON.stringify(call))).size).toBe(200)
    expect(gate.calls).toHaveLength(200)
  })
})

describe.runIf(process.platform === 'linux').each(profiles)('what is left behind, %s profile', (profile) => {
  test('is nothing, whatever cells did when the pool was disposed', async () => {
    const before = hostProcesses()
    const hosts = createHostPool({ profile, size: 2 })
    const session = await createSession({ hosts })
    const sources = [
      'for (;;);',
      'await new Promise(() => {})',
      'new Array(2 ** 32 - 2).forEach(() => {})',
      'for (;;) text("x")',
    ]
    const cells = sources.map((source) => session.execute(source, { yieldTimeMs: 200 }))
    await Promise.allSettled(cells)
    await session.close()
    await hosts[Symbol.asyncDispose]()
    expect(hostProcesses().filter((pid) => !before.includes(pid))).toEqual([])
  })

  test('is nothing when a session is closed while its cells start', async () => {
    const before = hostProcesses()
    const hosts = createHostPool({ profile, size: 1 })
    const session = await createSession({ hosts })
    const cells = Array.from({ length: 10 }, () => session.execute('text(1); await new Promise(() => {})'))
    await session.close()
    for (const outcome of await Promise.all(cells)) expect(outcome.type).toMatch(/^(?:terminated|yielded)$/)
    await hosts[Symbol.asyncDispose]()
    expect(hostProcesses().filter((pid) => !before.includes(pid))).toEqual([])
  })

  // A host that a cell had for itself is let go of in the background, and the pool does not wait for it.
  test('is nothing of the host on which a cell was revived', async () => {
    const left: number[] = []
    for (let n = 0; n < 12; n++) {
      const before = hostProcesses()
      const hosts = createHostPool({ profile, size: 1, spares: 1 })
      const session = await createSession({ hosts })
      await session.execute('yield_control(); for (let n = 0; n < 3e7; n++);', { yieldTimeMs: 60_000 })
      signalHosts('SIGKILL')
      await session.observe('1', { yieldTimeMs: 60_000 })
      await session.close()
      await hosts[Symbol.asyncDispose]()
      left.push(...hostProcesses().filter((pid) => !before.includes(pid)))
    }
    expect(left).toEqual([])
  })
})
