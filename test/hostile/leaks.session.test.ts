import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type Limits, type CellOutcome, type Session } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { profiles, type Profile } from './hosts-under-test.ts'
import { forV8, perEngine } from '../support/engine-differences.ts'

const canary = 'canary-5c1f'

/** Programs that fail in the language, in the helpers or in the engine between them. */
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

/** Expressions that could reveal the machine, and their expected values. */
const expressions: [source: string, expected: string][] = [
  ['typeof process + typeof require + typeof globalThis.process', 'undefinedundefinedundefined'],
  ['new Date(0).getTimezoneOffset()', '0'],
  ['new Date(0).toString()', 'Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)'],
  ['new Date(0).toLocaleString()', '1/1/1970, 12:00:00 AM'],
  ['(1234.5).toLocaleString()', '1,234.5'],
  ...forV8<[string, string]>('intl', [
    ['Intl.DateTimeFormat().resolvedOptions().timeZone', 'UTC'],
    ['Intl.DateTimeFormat().resolvedOptions().locale', 'en-US'],
    ['Intl.NumberFormat().resolvedOptions().locale', 'en-US'],
    ['["ä", "z", "a"].sort(Intl.Collator().compare).join("")', 'aäz'],
  ]),
  ['Object.keys(import.meta).length + String(import.meta.url)', '0undefined'],
  ['new Uint8Array(1e6).every((b) => b === 0)', 'true'],
  ['new Uint8Array(new ArrayBuffer(1e6)).some(Boolean)', 'false'],
  ['[...new Array(1e4)].some((x) => x !== undefined)', 'false'],
]

/** Expressions that read the time. All of them must read the clock of the cell. */
const clocks: string[] = [
  'Date.now()',
  'new Date().getTime()',
  '+new Date',
  'Date.parse(Date())',
  'new (class extends Date {})().getTime()',
  'Reflect.construct(Date, []).getTime()',
  'new (new Date(0)).constructor().getTime()',
  'new (Date.bind())().getTime()',
  ...forV8('intl', [
    'Date.parse(format.format() + " GMT")',
    'Date.parse(format.format(undefined) + " GMT")',
    'Date.parse(format.formatToParts().map((part) => part.value).join("") + " GMT")',
  ]),
]

/** Returns a program that leaves a mark in a global and in a stored value, and then reads both. */
const ownedBy = (name: string): string => `globalThis.mine = "${name}"; store("mine", mine)
  for (let n = 0; n < 10; n++) await new Promise((r) => setTimeout(r, 1)); text([mine, load("mine")].join())`

const format = `const format = new Intl.DateTimeFormat('en-US', { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: 'UTC' })`

function open(profile: Profile, limits: Partial<Limits> = {}): Promise<Session> {
  return createSession({
    hosts: sharedHosts(profile),
    deadlock: 'fail',
    limits: { maxUnreadOutputBytesPerCell: 1_000_000, ...limits },
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
}

const longYieldTime = { yieldTimeMs: 600_000 }

describe.each(profiles)('the errors of a cell on %s hosts', (profile) => {
  let session: Session
  beforeAll(async () => {
    session = await open(profile, { maxCpuMsPerCell: 100, maxMemoryMbPerCell: 32 })
  })
  afterAll(() => session.close())

  test.each(errors)('error %# reveals nothing about the host', async (source) => {
    const caught = `try { ${source} } catch (e) { text([String(e), e?.stack, e?.cause, ...Reflect.ownKeys(Object(e)).map((k) => String(e[k]))].join("\\n")); throw e }`
    for (const body of [source, caught]) {
      const text = JSON.stringify(await session.execute(body, longYieldTime))
      expect(text).not.toMatch(/file:\/\/\/(?!etc)|node:internal|node_modules|isolated-vm boundary|\/host\/|\.ts:\d/)
      // A cell can see the name of the prelude in its own stacks. The model must not see it.
      if (body === source) expect(text).not.toContain('codecell:prelude')
      for (const secret of [canary, process.cwd(), tmpdir(), process.execPath]) expect(text).not.toContain(secret)
    }
  })
})

describe.each(profiles)('the knowledge of a cell on %s hosts', (profile) => {
  let session: Session
  beforeAll(async () => {
    process.env['CODECELL_CANARY'] = canary
    session = await open(profile)
  })
  afterAll(() => session.close())
  const run = (source: string): Promise<CellOutcome> => session.execute(source, longYieldTime)

  test.each(expressions)('the expression `%s` reveals nothing about the machine', async (source, expected) => {
    expect(textsOf(await run(`text(String(${source}))`))).toEqual([expected])
  })

  test('a cell reaches no variable of the environment', async () => {
    const source = `const seen = new Set(), found = []
      function visit(value) {
        if (String(typeof value) === 'string' && value.includes(${JSON.stringify(canary.slice(0, 6))} + ${JSON.stringify(canary.slice(6))})) found.push(value)
        if (Object(value) !== value || seen.has(value)) return
        seen.add(value)
        for (const key of Reflect.ownKeys(value)) { visit(key); visit(Object.getOwnPropertyDescriptor(value, key).value) }
        visit(Object.getPrototypeOf(value))
      }
      visit(globalThis); text(seen.size > 300); text(found.join())`
    expect(textsOf(await run(source))).toEqual(['true', ''])
  })

  test('the clock of a cell stops while it handles a command', async () => {
    const source = `${perEngine('intl', format, '')}
      const now = Date.now(), second = now - now % 1000
      const read = () => [${clocks.join()}]
      const first = read()
      for (let n = 0; n < 1e6; n++);
      text(first.map((time) => time === now || time === second).join())
      text(JSON.stringify(read()) === JSON.stringify(first))`
    expect(textsOf(await run(source))).toEqual([clocks.map(() => 'true').join(), 'true'])
  })

  test('the clock of a cell never goes back', async () => {
    const source = `let last = Date.now(), back = 0
      for (let n = 0; n < 20; n++) {
        await (n % 2 === 0 ? tools.echo({}) : new Promise((r) => setTimeout(r, 1)))
        if (Date.now() < last) back++
        last = Date.now()
      }
      text([back, last])`
    const before = Date.now()
    const times = [await run(source), await run(source)].map((outcome) => JSON.parse(textsOf(outcome)[0] ?? ''))
    expect(times.map(([back]) => back)).toEqual([0, 0])
    expect(times[0][1]).toBeGreaterThanOrEqual(before)
    expect(times[1][1]).toBeGreaterThanOrEqual(times[0][1])
  })

  test('a timer is not early by the clock of its cell', async () => {
    const source = 'const t = Date.now(); await new Promise((r) => setTimeout(r, 20)); text(Date.now() - t >= 20)'
    expect(textsOf(await run(source))).toEqual(['true'])
  })

  test('random numbers differ from cell to cell', async () => {
    const source =
      'const n = Array.from({ length: 1000 }, () => Math.random()); text(n.slice(0, 4)); text(new Set(n).size); text(n.every((x) => x >= 0 && x < 1)); text(Math.abs(n.reduce((a, b) => a + b) / 1000 - 0.5) < 0.1)'
    const cells = [await run(source), await run(source), await run(source)].map(textsOf)
    expect(new Set(cells.map(([first]) => first)).size).toBe(3)
    for (const [, ...rest] of cells) expect(rest).toEqual(['1000', 'true', 'true'])
  })

  test('a cell finds only the stored values of an earlier cell', async () => {
    const mark = `globalThis.left = 1; Object.prototype.left = 1; Array.prototype.left = 1; tools.left = 1; ALL_TOOLS.left = 1; text.left = 1
      Symbol.for('left'); Math.left = 1; JSON.parse = null; store('left', 1); setTimeout(() => text('late'), 1)`
    const look =
      'text([typeof left, typeof {}.left, [].left, tools.left, ALL_TOOLS.left, text.left, Math.left, typeof JSON.parse, load("left")].join()); setTimeout(() => {}, 5)'
    await run(mark)
    expect(textsOf(await run(look))).toEqual(['undefined,undefined,,,,,,function,1'])
  })

  test('concurrent cells and sessions share no state', async () => {
    await using other = await open(profile)
    const outcomes = await Promise.all([run(ownedBy('a')), run(ownedBy('b')), other.execute(ownedBy('c'))])
    expect(outcomes.map(textsOf)).toEqual([['a,a'], ['b,b'], ['c,c']])
    expect(textsOf(await other.execute('text(load("mine")); text(load("left"))'))).toEqual(['c', 'undefined'])
  })

  test('a terminated cell leaves no stored value', async () => {
    await run('store("gone", 1)')
    const { cellId } = await run('store("gone", 2); yield_control(); await new Promise((r) => setTimeout(r, 1e9))')
    await session.terminate(cellId)
    expect(textsOf(await run('text(load("gone"))'))).toEqual(['1'])
  })
})

test('sessions with their own processes share nothing', async () => {
  const own = { hosts: sharedHosts('default'), isolation: 'process-per-session' } as const
  await using first = await createSession(own)
  await using second = await createSession(own)
  await first.execute('store("k", 1); globalThis.k = 1')
  expect(textsOf(await second.execute('text(typeof k + load("k"))'))).toEqual(['undefinedundefined'])
})
