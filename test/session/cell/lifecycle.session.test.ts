import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createHostPool, createSession, type SessionOptions } from '../../../src/index.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { forV8, perEngine } from '../../support/engine-differences.ts'

const longYieldTime = { yieldTimeMs: 600_000 }

describe.each(['default', 'strict', 'in-process'] as const)('a session on %s hosts', (kind) => {
  const hosts = sharedHosts(kind)
  const open = (options: SessionOptions = {}) => createSession({ hosts, ...options })

  describe('a cell that nothing can wake', () => {
    const source = 'text("a"); await new Promise(() => {})'

    test('a session reports a cell that nothing can wake as stalled, at once and at the next observation', async () => {
      await using session = await open()
      expect(await session.execute(source, longYieldTime)).toMatchObject({ type: 'yielded', stalled: true })
      expect(await session.observe('1', longYieldTime)).toMatchObject({
        type: 'yielded',
        stalled: true,
        items: [],
      })
      expect(await session.terminate('1')).toMatchObject({ type: 'terminated' })
    })

    test('a cell that nothing can wake fails with the option deadlock: fail', async () => {
      await using session = await open({ deadlock: 'fail' })
      const outcome = await session.execute(source, longYieldTime)
      expect(outcome).toMatchObject({
        type: 'failed',
        errorText: expect.stringContaining('cannot make progress'),
      })
      expect(textsOf(outcome)).toEqual(['a'])
    })

    test('a cell that nothing can wake waits with the option deadlock: wait', async () => {
      await using session = await open({ deadlock: 'wait' })
      expect(await session.execute(source, { yieldTimeMs: 50 })).toMatchObject({ type: 'yielded', stalled: false })
    })

    test('a cell with a timer or a pending call is not stalled', async () => {
      const gate = new Gate()
      await using session = await open({ tools: [gate.tool] })
      const waiting = session.execute('await tools.gate(); await new Promise((r) => setTimeout(r, 30)); text("b")')
      await gate.called(1)
      gate.open(null)
      expect(textsOf(await waiting)).toEqual(['b'])
    })
  })

  test('an observation whose signal aborts leaves the output to the next one', async () => {
    const gate = new Gate()
    await using session = await open({ tools: [gate.tool] })
    const controller = new AbortController()
    const first = session.execute('text("a"); await tools.gate(); text("b")', { signal: controller.signal })
    await gate.called(1)
    controller.abort(new Error('given up'))
    await expect(first).rejects.toThrow('given up')
    gate.open(null)
    expect(textsOf(await session.observe('1'))).toEqual(['a', 'b'])
  })

  test('a session does nothing when its signal has already aborted', async () => {
    await using session = await open()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(session.execute('text(1)', { signal })).rejects.toThrow('too late')
    await expect(session.observe('1', { signal })).rejects.toThrow('too late')
    await expect(session.terminate('1', { signal })).rejects.toThrow('too late')
    await expect(createSession({ hosts, signal })).rejects.toThrow('too late')
    expect(await session.execute('text(1)')).toMatchObject({ cellId: '1' })
  })

  test('a session rejects an invalid yield time and counts no cell for it', async () => {
    await using session = await open({ limits: { maxCellsPerSession: 1 } })
    const refusal = { code: 'INVALID_OPTION', message: expect.stringContaining('expected a non-negative number') }
    await expect(session.execute('text(1)', { yieldTimeMs: Number.NaN })).rejects.toMatchObject(refusal)
    await expect(session.observe('1', { yieldTimeMs: -1 })).rejects.toMatchObject(refusal)
    const outcome = await session.execute('text(1)')
    expect(outcome).toMatchObject({ type: 'completed', cellId: '1' })
  })

  test('a closed session leaves no listener on its signal', async () => {
    const { signal } = new AbortController()
    const session = await open({ signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await session.close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('a session whose signal aborts ends its cells and cancels its calls', async () => {
    const controller = new AbortController()
    const reason = Promise.withResolvers<string>()
    const called = Promise.withResolvers<void>()
    const tool = {
      name: 'hang',
      call: (_input: unknown, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => reason.resolve(String(signal.reason)))
        called.resolve()
        return new Promise(() => undefined)
      },
    }
    const session = await open({ tools: [tool], signal: controller.signal })
    const running = session.execute('text("a"); await tools.hang()')
    await called.promise
    controller.abort()
    expect(await running).toMatchObject({ type: 'terminated' })
    expect(await reason.promise).toContain('code mode nested tool call cancelled')
    await expect(session.execute('text(1)')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await session.close()
    await session.close()
  })

  test('a session calls onCellClosed once for each cell, after its last response', async () => {
    const closed: string[] = []
    await using session = await open({ onCellClosed: (cellId) => closed.push(cellId) })
    await session.execute('text(1)')
    await session.execute('await new Promise(() => {})', longYieldTime)
    expect(closed).toEqual(['1'])
    await session.terminate('2')
    expect(closed).toEqual(['1', '2'])
  })

  test('a cell runs TypeScript without its types, at unchanged positions', async () => {
    await using session = await open()
    const source = 'type A = { n: number }\nconst a: A = { n: 1 }\ntext(a!.n as number)\nthrow new Error("here")'
    const outcome = await session.execute(source)
    expect(textsOf(outcome)).toEqual(['1'])
    expect(outcome).toMatchObject({ type: 'failed', errorText: 'Error: here\n    at exec_main.mjs:4:7' })
    expect(await session.execute('enum E { A }')).toMatchObject({
      type: 'failed',
      errorText: 'SyntaxError: TypeScript enum is not supported in strip-only mode',
    })
    expect(await session.execute('const a: = 1')).toMatchObject({
      type: 'failed',
      errorText: expect.stringMatching(/^SyntaxError: .*\n {4}at exec_main\.mjs:1:\d+$/),
    })
  })

  test('the message of a syntax error contains its location', async () => {
    await using session = await open()
    expect(await session.execute('const a = 1\nlet b = ;')).toMatchObject({
      errorText: "SyntaxError: Unexpected token ';'\n    at exec_main.mjs:2:9",
    })
  })

  test.each([
    ['export const a = 1; text(a)', ['1']],
    ['export default function f() { return 2 } text(f())', ['2']],
    ['export default class {}; text(3)', ['3']],
    ['const a = 4; export { a as b }; text(a)', ['4']],
    ['text(await import("node:fs").catch((e) => e))', ['unsupported import in exec']],
    ['const text2 = "import(1) export"; text(text2)', ['import(1) export']],
    ['export default (await 1) + 4; text(5)', ['5']],
  ])('a cell accepts module syntax: %s', async (source, expected) => {
    await using session = await open()
    expect(await session.execute(source)).toMatchObject({ type: 'completed' })
    expect(textsOf(await session.execute(source))).toEqual(expected)
  })

  test('the clock of a cell moves only for a program that waits for it', async () => {
    await using session = await open()
    const still = 'const t = Date.now(); for (let i = 0; i < 1e6; i++); text(Date.now() - t); text(new Date() - t)'
    expect(textsOf(await session.execute(still))).toEqual(['0', '0'])
    const spin = 'const t = Date.now(); while (Date.now() < t + 50); text(Date.now() - t)'
    expect(textsOf(await session.execute(spin))).toEqual(['50'])
  })

  test.each(forV8('intl', ['f.format()']))('the expression %s reads the clock of the cell', async (now) => {
    await using session = await open()
    const source = `const f = new Intl.DateTimeFormat("en", { timeStyle: "long", dateStyle: "long" }); text(${now} === f.format(Date.now()))`
    expect(textsOf(await session.execute(source))).toEqual(['true'])
  })
})

describe('host processes', () => {
  test('a cell has the time zone and the locale of its pool', async () => {
    await using hosts = createHostPool({ size: 1, timeZone: 'America/New_York', locale: 'de-DE' })
    await using session = await createSession({ hosts })
    const source = 'text(new Date(0).getHours()); text((1234.5).toLocaleString())'
    const here = perEngine('intl', ['19', '1.234,5'], ['0', '1,234.5'])
    expect(textsOf(await session.execute(source))).toEqual(here)
    await using plain = await createSession({ hosts: sharedHosts('default') })
    expect(textsOf(await plain.execute(source))).toEqual(['0', '1,234.5'])
  })

  test.each([
    [{ size: 0 }, 'Cannot create a pool of hosts: expected a size from 1 to 64, got 0'],
    [{ warmIsolates: 1.5 }, 'Cannot keep isolates warm: expected an integer from 0 to 256, got 1.5'],
    [{ timeZone: 'Mars/Olympus' }, 'Cannot use time zone "Mars/Olympus": expected an IANA name'],
    [{ locale: 'not a locale' }, 'Cannot use locale "not a locale": expected a BCP 47 tag'],
  ])('a pool rejects the options %j', (options, message) => {
    expect(() => createHostPool(options)).toThrow(message)
  })
})
