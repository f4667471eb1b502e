import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession, type Outcome, type SessionOptions } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'

const kinds = [
  ['host processes', createHostPool()],
  ['strict host processes', createHostPool({ profile: 'strict', size: 1 })],
  ['a host in this process', inProcessHostPool()],
] as const
afterAll(async () => {
  for (const [, hosts] of kinds) await hosts[Symbol.asyncDispose]()
})

function texts(outcome: Outcome): string[] {
  return 'items' in outcome ? outcome.items.map((item) => (item.type === 'input_text' ? item.text : item.type)) : []
}

/** A tool whose answer a test gives when it wants to. */
class Gate {
  readonly #waiting: ((value: unknown) => void)[] = []
  #called: (() => void) | null = null
  readonly tool = { name: 'gate', call: (): Promise<unknown> => this.#enter() }

  #enter(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#waiting.push(resolve)
    this.#called?.()
    return promise
  }

  async called(): Promise<void> {
    if (this.#waiting.length > 0) return
    await new Promise<void>((resolve) => {
      this.#called = resolve
    })
  }

  open(value: unknown): void {
    this.#waiting.shift()?.(value)
  }
}

describe.each(kinds)('a session on %s', (_name, hosts) => {
  const open = (options: SessionOptions = {}) => createSession({ hosts, ...options })

  describe('with a cell that nothing will ever wake', () => {
    const source = 'text("a"); await new Promise(() => {})'

    test('reports it at once, and again to whoever waits for it', async () => {
      await using session = await open()
      expect(await session.execute(source, { yieldTimeMs: 60_000 })).toMatchObject({ type: 'yielded', stalled: true })
      expect(await session.observe('1', { yieldTimeMs: 60_000 })).toMatchObject({
        type: 'yielded',
        stalled: true,
        items: [],
      })
      expect(await session.terminate('1')).toMatchObject({ type: 'terminated' })
    })

    test('fails it where that is asked for', async () => {
      await using session = await open({ deadlock: 'fail' })
      const outcome = await session.execute(source, { yieldTimeMs: 60_000 })
      expect(outcome).toMatchObject({
        type: 'failed',
        errorText: expect.stringContaining('can make no progress any more'),
      })
      expect(texts(outcome)).toEqual(['a'])
    })

    test('lets it wait where that is asked for', async () => {
      await using session = await open({ deadlock: 'wait' })
      expect(await session.execute(source, { yieldTimeMs: 100 })).toMatchObject({ type: 'yielded', stalled: false })
    })

    test('does not mistake a timer or a call under way for it', async () => {
      const gate = new Gate()
      await using session = await open({ tools: [gate.tool] })
      const waiting = session.execute('await tools.gate(); await new Promise((r) => setTimeout(r, 30)); text("b")')
      await gate.called()
      gate.open(null)
      expect(texts(await waiting)).toEqual(['b'])
    })
  })

  test('gives up an observation when its signal aborts, and keeps the output for the next', async () => {
    const gate = new Gate()
    await using session = await open({ tools: [gate.tool] })
    const controller = new AbortController()
    const first = session.execute('text("a"); await tools.gate(); text("b")', { signal: controller.signal })
    await gate.called()
    controller.abort(new Error('not interested'))
    await expect(first).rejects.toThrow('not interested')
    gate.open(null)
    expect(texts(await session.observe('1'))).toEqual(['a', 'b'])
  })

  test('does nothing for a signal that has aborted already', async () => {
    await using session = await open()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(session.execute('text(1)', { signal })).rejects.toThrow('too late')
    await expect(session.observe('1', { signal })).rejects.toThrow('too late')
    await expect(session.terminate('1', { signal })).rejects.toThrow('too late')
    await expect(createSession({ hosts, signal })).rejects.toThrow('too late')
    expect(await session.execute('text(1)')).toMatchObject({ cellId: '1' })
  })

  test('starts nothing for a wait that is no time, and counts no cell for it', async () => {
    await using session = await open({ limits: { cells: 1 } })
    const refusal = { code: 'INVALID_OPTION', message: expect.stringContaining('a time from 0 on is expected') }
    await expect(session.execute('text(1)', { yieldTimeMs: Number.NaN })).rejects.toMatchObject(refusal)
    await expect(session.observe('1', { yieldTimeMs: -1 })).rejects.toMatchObject(refusal)
    const outcome = await session.execute('text(1)')
    expect(outcome).toMatchObject({ type: 'completed', cellId: '1' })
  })

  test('leaves nothing on its signal when it is closed', async () => {
    const { signal } = new AbortController()
    const session = await open({ signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await session.close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('closes when its signal aborts: cells end, tools are told, further calls are refused', async () => {
    const controller = new AbortController()
    const told = Promise.withResolvers<string>()
    const called = Promise.withResolvers<void>()
    const tool = {
      name: 'hang',
      call: (_input: unknown, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener('abort', () => told.resolve(String(signal.reason)))
        called.resolve()
        return new Promise(() => undefined)
      },
    }
    const session = await open({ tools: [tool], signal: controller.signal })
    const running = session.execute('text("a"); await tools.hang()')
    await called.promise
    controller.abort()
    expect(await running).toMatchObject({ type: 'terminated' })
    expect(await told.promise).toContain('code mode nested tool call cancelled')
    await expect(session.execute('text(1)')).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
    await session.close()
    await session.close()
  })

  test('tells once for each cell that it is closed, after its last response', async () => {
    const closed: string[] = []
    await using session = await open({ onCellClosed: (cellId) => closed.push(cellId) })
    await session.execute('text(1)')
    await session.execute('await new Promise(() => {})')
    expect(closed).toEqual(['1'])
    await session.terminate('2')
    expect(closed).toEqual(['1', '2'])
  })

  test('runs TypeScript without its types, at unchanged positions', async () => {
    await using session = await open()
    const source = 'type A = { n: number }\nconst a: A = { n: 1 }\ntext(a!.n as number)\nthrow new Error("here")'
    const outcome = await session.execute(source)
    expect(texts(outcome)).toEqual(['1'])
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

  test('says where a syntax error is', async () => {
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
  ])('takes module syntax: %s', async (source, expected) => {
    await using session = await open()
    expect(await session.execute(source)).toMatchObject({ type: 'completed' })
    expect(texts(await session.execute(source))).toEqual(expected)
  })

  test('moves the clock on only for a program that waits for it', async () => {
    await using session = await open()
    const still = 'const t = Date.now(); for (let i = 0; i < 1e6; i++); text(Date.now() - t); text(new Date() - t)'
    expect(texts(await session.execute(still))).toEqual(['0', '0'])
    const spin = 'const t = Date.now(); while (Date.now() < t + 50); text(Date.now() - t)'
    expect(texts(await session.execute(spin))).toEqual(['50'])
    const now =
      'const f = new Intl.DateTimeFormat("en", { timeStyle: "long", dateStyle: "long" }); text(f.format() === f.format(Date.now()))'
    expect(texts(await session.execute(now))).toEqual(['true'])
  })
})

describe('host processes', () => {
  test.runIf(process.platform === 'linux')("are the pool's: as many as it says, and gone when it is", async () => {
    const before = children().length
    const hosts = createHostPool({ size: 1 })
    const sessions = await Promise.all([createSession({ hosts }), createSession({ hosts })])
    expect(children().length).toBe(before + 1)
    const own = await createSession({ hosts, isolation: 'process-per-session' })
    expect(children().length).toBe(before + 2)
    await own.close()
    expect(children().length).toBe(before + 1)
    for (const session of sessions) await session.close()
    await hosts[Symbol.asyncDispose]()
    expect(children().length).toBe(before)
  })

  test('have the time zone and the locale they are given', async () => {
    await using hosts = createHostPool({ size: 1, timeZone: 'America/New_York', locale: 'de-DE' })
    await using session = await createSession({ hosts })
    const source = 'text(new Date(0).getHours()); text((1234.5).toLocaleString())'
    expect(texts(await session.execute(source))).toEqual(['19', '1.234,5'])
    await using plainHosts = createHostPool({ size: 1 })
    await using plain = await createSession({ hosts: plainHosts })
    expect(texts(await plain.execute(source))).toEqual(['0', '1,234.5'])
  })

  test.each([
    [{ size: 0 }, 'Cannot make a pool of 0 hosts: 1 to 64 are possible'],
    [{ spares: 1.5 }, 'Cannot keep 1.5 spare isolates: 0 to 256 are possible'],
    [{ timeZone: 'Mars/Olympus' }, 'Cannot use time zone "Mars/Olympus": an IANA name is expected'],
    [{ locale: 'not a locale' }, 'Cannot use locale "not a locale": a BCP 47 tag is expected'],
  ])('refuse %j', (options, message) => {
    expect(() => createHostPool(options)).toThrow(message)
  })
})

/** The processes that this one has started. */
function children(): number[] {
  const list = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1')
  return list
    .split(' ')
    .filter((pid) => pid !== '')
    .map(Number)
}
