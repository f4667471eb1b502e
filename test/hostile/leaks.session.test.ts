import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession, type Outcome, type Session } from '../../src/index.ts'
import { openSession, poolOf, profiles, texts } from './hosts-under-test.ts'

const canary = 'canary-5c1f'

/** Everything of an outcome that a model may see. */
function shown(outcome: Outcome): string {
  return JSON.stringify(outcome)
}

/** Ways to make an error, in the language, in the helpers and in the engine between them. */
const errors: string[] = [
  'throw new Error("x")',
  'null.x',
  'undefined()',
  'await import("x")',
  'eval("(")',
  'new Function("}")',
  'import.meta.resolve("x")',
  'text({ toJSON() { null.x } })',
  'text(1n ** 9999999999n)',
  'const f = () => f() + 1; f()',
  'const f = () => text({ toJSON: f }); f()',
  'const f = () => tools.echo({ toJSON: f }); f()',
  'text(JSON.parse("{"))',
  'store(Symbol(), 1)',
  'store("k", undefined)',
  'load({ toString() { null.x } })',
  'image(5)',
  'audio("file:///etc/passwd")',
  'content({ type: "x" })',
  'generatedImage(null)',
  'notify("")',
  'setTimeout()',
  'setTimeout(() => null.x); await new Promise(() => {})',
  'clearTimeout(Symbol())',
  'await tools.fail({})',
  'await tools.echo(1)',
  'tools.echo(1n)',
  'tools.nope()',
  'for await (const x of as_settled(5));',
  'await stream_settled([1], 5)',
  'await stream_settled([1], () => null.x)',
  'new ArrayBuffer(1, { maxByteLength: 2 })',
  'new ArrayBuffer(2 ** 50)',
  'Date(); new Date(Symbol())',
  'new Intl.DateTimeFormat("en").format(Symbol())',
  'new Intl.DateTimeFormat("en", { timeZone: "Nowhere" })',
  'import "node:fs"',
  'let a; let a',
  '('.repeat(50_000),
  `${'f('.repeat(3000)}${')'.repeat(3000)} // import`,
  'const a: = 1',
  'enum E { A }',
  'for (;;);',
  'const a = []; for (;;) a.push({ a })',
  'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))',
  'text("x".repeat(3e6))',
  '"x".repeat(2 ** 28).split("")',
]

/** Expressions that would show something of the machine, and what they come to. */
const places: [source: string, expected: string][] = [
  ['typeof process + typeof require + typeof globalThis.process', 'undefinedundefinedundefined'],
  ['new Date(0).getTimezoneOffset()', '0'],
  ['new Date(0).toString()', 'Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)'],
  ['new Date(0).toLocaleString()', '1/1/1970, 12:00:00 AM'],
  ['Intl.DateTimeFormat().resolvedOptions().timeZone', 'UTC'],
  ['Intl.DateTimeFormat().resolvedOptions().locale', 'en-US'],
  ['Intl.NumberFormat().resolvedOptions().locale', 'en-US'],
  ['(1234.5).toLocaleString()', '1,234.5'],
  ['["ä", "z", "a"].sort(Intl.Collator().compare).join("")', 'aäz'],
  ['Object.keys(import.meta).length + String(import.meta.url)', '0undefined'],
  ['new Uint8Array(1e6).every((b) => b === 0)', 'true'],
  ['new Uint8Array(new ArrayBuffer(1e6)).some(Boolean)', 'false'],
  ['[...new Array(1e4)].some((x) => x !== undefined)', 'false'],
]

/** Ways to ask what time it is. All of them know the cell's clock and no other. */
const clocks: string[] = [
  'Date.now()',
  'new Date().getTime()',
  '+new Date',
  'Date.parse(Date())',
  'new (class extends Date {})().getTime()',
  'Reflect.construct(Date, []).getTime()',
  'new (new Date(0)).constructor().getTime()',
  'new (Date.bind())().getTime()',
  'Date.parse(format.format() + " GMT")',
  'Date.parse(format.format(undefined) + " GMT")',
  'Date.parse(format.formatToParts().map((part) => part.value).join("") + " GMT")',
]

/** Leaves its mark wherever it can, and then looks for it. */
const ownedBy = (name: string): string => `globalThis.mine = "${name}"; store("mine", mine)
  for (let n = 0; n < 10; n++) await new Promise((r) => setTimeout(r, 1)); text([mine, load("mine")].join())`

describe.each(profiles)('what a cell can learn, %s profile', (profile) => {
  const hosts = poolOf(profile)
  let session: Session
  beforeAll(async () => {
    process.env['CODECELL_CANARY'] = canary
    session = await openSession(hosts, {
      deadlock: 'fail',
      limits: { outputBytes: 1_000_000, cpuMs: 300 },
      tools: [
        { name: 'echo', call: (input) => input },
        {
          name: 'fail',
          call: () => {
            throw Object.assign(new Error('no', { cause: new Error(canary) }), {
              config: { token: canary },
              path: process.cwd(),
            })
          },
        },
      ],
    })
  })
  afterAll(async () => {
    await session.close()
    await hosts[Symbol.asyncDispose]()
  })
  const run = (source: string): Promise<Outcome> => session.execute(source, { yieldTimeMs: 30_000 })

  test.each(errors)('an error shows nothing of the host: %#', async (source) => {
    const caught = `try { ${source} } catch (e) { text([String(e), e?.stack, e?.cause, ...Reflect.ownKeys(Object(e)).map((k) => String(e[k]))].join("\\n")); throw e }`
    for (const body of [source, caught]) {
      const text = shown(await run(body))
      expect(text).not.toMatch(/file:\/\/\/(?!etc)|node:internal|node_modules|isolated-vm boundary|\/host\/|\.ts:\d/)
      // In the cell its own engine may name the prelude; to the model that name says nothing.
      if (body === source) expect(text).not.toContain('codecell:prelude')
      for (const secret of [canary, process.cwd(), tmpdir(), process.execPath]) expect(text).not.toContain(secret)
    }
  })

  test.each(places)('%s', async (source, expected) => {
    expect(texts(await run(`text(String(${source}))`))).toEqual([expected])
  })

  test('nothing of the environment is anywhere in it', async () => {
    const source = `const seen = new Set(), found = []
      function visit(value) {
        if (String(typeof value) === 'string' && value.includes(${JSON.stringify(canary.slice(0, 6))} + ${JSON.stringify(canary.slice(6))})) found.push(value)
        if (Object(value) !== value || seen.has(value)) return
        seen.add(value)
        for (const key of Reflect.ownKeys(value)) { visit(key); visit(Object.getOwnPropertyDescriptor(value, key).value) }
        visit(Object.getPrototypeOf(value))
      }
      visit(globalThis); text(seen.size > 300); text(found.join())`
    expect(texts(await run(source))).toEqual(['true', ''])
  })

  test('the clock stands still while a command is handled, by every way to read it', async () => {
    const source = `const format = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: 'UTC' })
      const now = Date.now(), second = now - now % 1000
      const read = () => [${clocks.join()}]
      const first = read()
      for (let n = 0; n < 1e6; n++);
      text(first.map((time) => time === now || time === second).join())
      text(JSON.stringify(read()) === JSON.stringify(first))`
    expect(texts(await run(source))).toEqual([clocks.map(() => 'true').join(), 'true'])
  })

  test('the clock does not go back, from command to command and from cell to cell', async () => {
    const source = `let last = Date.now(), back = 0
      for (let n = 0; n < 20; n++) {
        await (n % 2 === 0 ? tools.echo({}) : new Promise((r) => setTimeout(r, 1)))
        if (Date.now() < last) back++
        last = Date.now()
      }
      text([back, last])`
    const before = Date.now()
    const times = [await run(source), await run(source)].map((outcome) => JSON.parse(texts(outcome)[0] ?? ''))
    expect(times.map(([back]) => back)).toEqual([0, 0])
    expect(times[0][1]).toBeGreaterThanOrEqual(before)
    expect(times[1][1]).toBeGreaterThanOrEqual(times[0][1])
  })

  test('a timer is not early by the clock of the cell', async () => {
    const source = 'const t = Date.now(); await new Promise((r) => setTimeout(r, 20)); text(Date.now() - t >= 20)'
    expect(texts(await run(source))).toEqual(['true'])
  })

  test('random numbers differ from cell to cell, and are no stranger than they should be', async () => {
    const source =
      'const n = Array.from({ length: 1000 }, () => Math.random()); text(n.slice(0, 4)); text(new Set(n).size); text(n.every((x) => x >= 0 && x < 1)); text(Math.abs(n.reduce((a, b) => a + b) / 1000 - 0.5) < 0.1)'
    const cells = [await run(source), await run(source), await run(source)].map(texts)
    expect(new Set(cells.map(([first]) => first)).size).toBe(3)
    for (const [, ...rest] of cells) expect(rest).toEqual(['1000', 'true', 'true'])
  })

  test('no cell finds what another did, but for what it stored', async () => {
    const mark = `globalThis.left = 1; Object.prototype.left = 1; Array.prototype.left = 1; tools.left = 1; ALL_TOOLS.left = 1; text.left = 1
      Symbol.for('left'); Math.left = 1; JSON.parse = null; store('left', 1); setTimeout(() => text('late'), 1)`
    const look =
      'text([typeof left, typeof {}.left, [].left, tools.left, ALL_TOOLS.left, text.left, Math.left, typeof JSON.parse, load("left")].join()); setTimeout(() => {}, 5)'
    await run(mark)
    expect(texts(await run(look))).toEqual(['undefined,undefined,,,,,,function,1'])
  })

  test('cells at once do not find each other, and sessions do not either', async () => {
    await using other = await openSession(hosts)
    const outcomes = await Promise.all([run(ownedBy('a')), run(ownedBy('b')), other.execute(ownedBy('c'))])
    expect(outcomes.map(texts)).toEqual([['a,a'], ['b,b'], ['c,c']])
    expect(texts(await other.execute('text(load("mine")); text(load("left"))'))).toEqual(['c', 'undefined'])
  })

  test("stores of a terminated cell are nobody's", async () => {
    await run('store("gone", 1)')
    const started = session.execute(
      'store("gone", 2); await tools.echo({}); for (;;) await new Promise((r) => setTimeout(r, 1))',
      { yieldTimeMs: 200 },
    )
    const outcome = await started
    await session.terminate(outcome.cellId)
    expect(texts(await run('text(load("gone"))'))).toEqual(['1'])
  })
})

test('a session with a process of its own shares it with nobody', async () => {
  await using hosts = createHostPool({ size: 1 })
  await using first = await createSession({ hosts, isolation: 'process-per-session' })
  await using second = await createSession({ hosts, isolation: 'process-per-session' })
  await first.execute('store("k", 1); globalThis.k = 1')
  expect(texts(await second.execute('text(typeof k + load("k"))'))).toEqual(['undefinedundefined'])
})
