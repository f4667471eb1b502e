import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome, Session } from '../../src/index.ts'
import { Gate, openSession, poolOf, profiles, texts } from './hosts-under-test.ts'

/**
 * How a bomb may end: failed by a limit (whichever a slow machine meets first), failed with an error that a cell could
 * catch, or harmlessly completed.
 */
const bombs: [name: string, source: string, ends: RegExp][] = [
  // Processor time, in every position.
  ['loop', 'for (;;);', /cpu_ms/],
  ['loop that catches', 'for (;;) try { for (;;); } catch {}', /cpu_ms/],
  ['micro-tasks', 'for (;;) await null', /cpu_ms/],
  ['promise chain', 'const f = () => Promise.resolve().then(f); await f()', /cpu_ms|memory_mb/],
  ['regular expression', '/(a+)+$/.test("a".repeat(60) + "b")', /cpu_ms/],
  ['getter', 'text({ get a() { for (;;); } })', /cpu_ms/],
  ['toJSON', 'tools.gate({ toJSON() { for (;;); } })', /cpu_ms/],
  ['comparator', '[1, 2].sort(() => { for (;;); })', /cpu_ms/],
  ['thrown value', 'throw { get stack() { for (;;); } }', /cpu_ms/],
  ['proxy', 'throw new Proxy({}, { get() { for (;;); } })', /cpu_ms/],
  ['timer', 'setTimeout(() => { for (;;); }); await new Promise(() => {})', /cpu_ms/],
  ['after the end', 'Promise.resolve().then(() => { for (;;); })', /cpu_ms/],
  ['eval', 'for (;;) eval("1")', /cpu_ms|memory_mb/],
  ['generator', 'const g = (function* () { for (;;) yield 1 })(); for (const x of g);', /cpu_ms/],
  ['fast array fill', 'for (;;) new Array(1000).fill(1.1)', /cpu_ms/],
  ['iterator of a rejection', 'Promise.reject(new Proxy({}, { get() { for (;;); } })); await 0', /completed|cpu_ms/],
  // Builtins that do not listen to a termination.
  ['fill', 'new Array(2 ** 32 - 2).fill(1)', /cpu_ms|memory_mb|killed/],
  [
    'sort',
    'const a = Array.from({ length: 3e6 }, (_, i) => (i * 7919) % 3000017); for (;;) a.sort()',
    /cpu_ms|memory_mb/,
  ],
  ['indexOf', 'const a = []; a[2 ** 32 - 2] = 1; for (;;) a.indexOf(5)', /cpu_ms/],
  ['forEach on a hole', 'new Array(2 ** 32 - 2).forEach(() => {})', /cpu_ms/],
  ['reverse', 'const a = []; a[2 ** 31] = 1; a.reverse()', /cpu_ms|memory_mb/],
  ['join', 'text(new Array(2 ** 28).join("ab").length)', /cpu_ms|memory_mb|Invalid string length|completed/],
  ['big integer', 'let b = 7n ** 5000000n; for (;;) b *= b', /cpu_ms|memory_mb|BigInt/],
  ['big integer text', 'text((7n ** 20000000n).toString().length)', /cpu_ms|memory_mb|completed/],
  ['typed array', 'const a = new Uint8Array(4e7); for (;;) a.fill(1)', /cpu_ms/],
  ['copyWithin', 'const a = new Uint8Array(4e7); for (;;) a.copyWithin(1, 0)', /cpu_ms/],
  // Memory, of every kind.
  ['objects', 'const a = []; for (;;) a.push({ a: [] })', /memory_mb|cpu_ms/],
  ['strings', 'const a = []; for (let i = 0; ; i++) a.push("x".repeat(1e5) + i)', /memory_mb|cpu_ms/],
  [
    'flat strings',
    'const a = []; for (let i = 0; ; i++) a.push(("x".repeat(1e5) + i).toUpperCase())',
    /memory_mb|cpu_ms/,
  ],
  ['rope', 'let s = "x"; for (;;) s += s', /Invalid string length|memory_mb|cpu_ms/],
  [
    'buffers',
    'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))',
    /Array buffer allocation failed|memory_mb|cpu_ms/,
  ],
  ['buffers, caught', 'const a = []; for (;;) try { a.push(new ArrayBuffer(1e6)) } catch {}', /cpu_ms|memory_mb/],
  ['tiny typed arrays', 'const a = []; for (;;) a.push(new Uint8Array(64))', /memory_mb|cpu_ms/],
  ['Map', 'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })', /memory_mb|cpu_ms/],
  ['Set of strings', 'const m = new Set(); for (let i = 0; ; i++) m.add("key " + i)', /memory_mb|cpu_ms/],
  ['symbols', 'for (let i = 0; ; i++) Symbol.for("s" + i)', /memory_mb|cpu_ms/],
  ['closures', 'let f = () => 0; for (;;) { const g = f; f = () => [g] }', /memory_mb|cpu_ms/],
  ['Intl', 'const a = []; for (;;) a.push(new Intl.DateTimeFormat("en", { weekday: "long" }))', /memory_mb|cpu_ms/],
  ['split', 'text("x".repeat(2 ** 28).split("").length)', /memory_mb|killed|cpu_ms/],
  [
    'normalize',
    'const a = []; for (let i = 0; ; i++) a.push(("\\u1e9b\\u0323".repeat(1e6) + i).normalize("NFKD"))',
    /memory_mb|killed|cpu_ms|Invalid string length/,
  ],
  [
    'replace',
    'text("x".repeat(2 ** 20).replaceAll("x", "y".repeat(2 ** 12)).length)',
    /memory_mb|killed|cpu_ms|Invalid string length/,
  ],
  ['JSON', 'let s = "[" + "1,".repeat(2e6) + "1]"; const a = []; for (;;) a.push(JSON.parse(s))', /memory_mb|cpu_ms/],
  ['Array.from', 'Array.from({ length: 1e9 })', /memory_mb|killed|cpu_ms|Invalid array length/],
  ['spread', 'let a = [1]; for (;;) a = [...a, ...a]', /memory_mb|killed|Invalid array length|cpu_ms/],
  [
    'generated code',
    'const a = []; for (let i = 0; ; i++) a.push(new Function("return " + "1+".repeat(1e4) + i))',
    /memory_mb|cpu_ms/,
  ],
  ['recursion', 'const f = () => f() + 1; f()', /Maximum call stack size exceeded/],
  ['recursion through a helper', 'const f = () => text({ toJSON: f }); f()', /Maximum call stack|^$/],
  // Floods.
  ['texts', 'for (;;) text("x".repeat(1000))', /output_bytes|cpu_ms/],
  ['small texts', 'for (;;) text("x")', /output_items|cpu_ms/],
  ['images', 'for (;;) image("data:image/png;base64," + "A".repeat(1e5))', /output_bytes|cpu_ms/],
  ['one giant text', 'text("x".repeat(5e7))', /output_bytes|cpu_ms/],
  ['notifications', 'for (;;) notify("x")', /resource=notifications/],
  ['yields', 'for (;;) yield_control()', /events|cpu_ms|memory_mb/],
  ['stored values', 'for (let i = 0; ; i++) store("k" + i, "x".repeat(1e5))', /stored_bytes|memory_mb|cpu_ms/],
  ['one stored value over and over', 'for (;;) store("k", 1)', /events|cpu_ms|memory_mb/],
  ['timers', 'for (;;) setTimeout(() => {}, 1e9)', /resource=timers/],
  ['timers that clear', 'for (;;) clearTimeout(setTimeout(() => {}, 1e9))', /events|cpu_ms|memory_mb/],
  ['tool calls', 'for (;;) tools.gate({})', /pending_tool_calls/],
  ['tool calls, caught', 'for (;;) try { tools.gate({}).catch(() => {}) } catch {}', /cpu_ms|memory_mb/],
  ['giant argument', 'tools.gate({ a: "x".repeat(2e6) })', /argument_bytes/],
  [
    'deep argument',
    'let a = 1; for (let i = 0; i < 1e5; i++) a = [a]; tools.gate({ a })',
    // A slow machine spends the processor time before it gets there.
    /recursion limit|Maximum call stack|resource=cpu_ms/,
  ],
  ['thrown text', 'throw "x".repeat(2e6)', /^x+…x+$/],
]

describe.each(profiles)('a bomb, %s profile', (profile) => {
  const hosts = poolOf(profile)
  let session: Session
  let first: Outcome
  const gate = new Gate()
  const innocent = new Gate()
  const limits = {
    outputBytes: 2_000_000,
    notifications: 2000,
    timers: 2000,
    pendingToolCalls: 2000,
    argumentBytes: 1_000_000,
    storedBytes: 20_000_000,
    sourceBytes: 1_000_000,
  }

  beforeAll(async () => {
    session = await openSession(hosts, {
      limits,
      tools: [
        { name: 'gate', call: () => new Promise(() => undefined) },
        { name: 'innocent', call: innocent.tool.call },
      ],
    })
    // Runs all the while: every bomb goes off beside it.
    first = await session.execute(
      'text("before"); store("own", 1); for (let i = 0; ; i++) { const r = await tools.innocent({ i }); text(r); if (r === "end") break } text(load("own"))',
      { yieldTimeMs: 0 },
    )
    await innocent.called(1)
  })
  afterAll(async () => {
    await session.close()
    await hosts[Symbol.asyncDispose]()
  })

  test.each(bombs)('%s', async (_name, source, ends) => {
    const outcome = await untilEnd(session, source)
    const text = 'errorText' in outcome ? outcome.errorText : outcome.type
    expect(text).toMatch(ends)
    expect(texts(await session.execute('text("next")'))).toEqual(['next'])
  })

  test('leaves the cell beside it as if nothing had been: its output whole, each call made once', async () => {
    innocent.open('once')
    const observed = session.observe('1', { yieldTimeMs: 40_000 })
    // Ahead of its second call nothing of it can end.
    expect(await Promise.race([innocent.called(2).then(() => 'called'), observed])).toBe('called')
    innocent.open('end')
    const outcome = await observed
    expect('errorText' in outcome ? outcome.errorText : outcome.type).toBe('completed')
    expect([...texts(first), ...texts(outcome)]).toEqual(['before', 'once', 'end', '1'])
    expect(innocent.calls).toEqual([{ i: 0 }, { i: 1 }])
    expect(gate.calls).toEqual([])
  })
})

/** Runs a cell to its end, however often it yields. */
async function untilEnd(session: Session, source: string): ReturnType<Session['execute']> {
  let outcome = await session.execute(source, { yieldTimeMs: 30_000 })
  while (outcome.type === 'yielded') outcome = await session.observe(outcome.cellId, { yieldTimeMs: 30_000 })
  return outcome
}
