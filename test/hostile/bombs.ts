/**
 * A program that exhausts a resource. It fails at a limit, fails with an error that a cell can catch, or completes without harm.
 * On a slow machine it can reach another limit first.
 */
export type Bomb = readonly [name: string, source: string, ends: RegExp]

/** Programs that use CPU time, in every position. */
export const spins: readonly Bomb[] = [
  ['loops', 'for (;;);', /cpu_ms/],
  ['catches the end of its loop', 'for (;;) try { for (;;); } catch {}', /cpu_ms/],
  ['loops in micro-tasks', 'for (;;) await null', /cpu_ms/],
  ['makes an endless chain of promises', 'const f = () => Promise.resolve().then(f); await f()', /cpu_ms|memory_mb/],
  ['matches a regular expression that backtracks', '/(a+)+$/.test("a".repeat(60) + "b")', /cpu_ms/],
  ['loops in a getter', 'text({ get a() { for (;;); } })', /cpu_ms/],
  ['loops in toJSON', 'tools.hang({ toJSON() { for (;;); } })', /cpu_ms/],
  ['loops in a comparator', '[1, 2].sort(() => { for (;;); })', /cpu_ms/],
  ['loops in a thrown value', 'throw { get stack() { for (;;); } }', /cpu_ms/],
  ['loops in a thrown Proxy', 'throw new Proxy({}, { get() { for (;;); } })', /cpu_ms/],
  ['loops in a timer', 'setTimeout(() => { for (;;); }); await new Promise(() => {})', /cpu_ms/],
  ['loops after its end', 'Promise.resolve().then(() => { for (;;); })', /cpu_ms/],
  ['loops over eval', 'for (;;) eval("1")', /cpu_ms|memory_mb/],
  ['loops over a generator', 'const g = (function* () { for (;;) yield 1 })(); for (const x of g);', /cpu_ms/],
  ['loops over a fast fill', 'for (;;) new Array(1000).fill(1.1)', /cpu_ms/],
  [
    'rejects with a Proxy that loops',
    'Promise.reject(new Proxy({}, { get() { for (;;); } })); await 0',
    /completed|cpu_ms/,
  ],
  // Builtins that do not check for a termination.
  ['fills a huge array', 'new Array(2 ** 32 - 2).fill(1)', /cpu_ms|memory_mb|killed/],
  [
    'sorts a large array',
    'const a = Array.from({ length: 3e6 }, (_, i) => (i * 7919) % 3000017); for (;;) a.sort()',
    /cpu_ms|memory_mb/,
  ],
  ['searches a sparse array', 'const a = []; a[2 ** 32 - 2] = 1; for (;;) a.indexOf(5)', /cpu_ms/],
  ['visits the holes of an array', 'new Array(2 ** 32 - 2).forEach(() => {})', /cpu_ms/],
  ['reverses a sparse array', 'const a = []; a[2 ** 31] = 1; a.reverse()', /cpu_ms|memory_mb/],
  [
    'joins the holes of an array',
    'text(new Array(2 ** 28).join("ab").length)',
    /cpu_ms|memory_mb|Invalid string length|completed/,
  ],
  ['multiplies big integers', 'let b = 7n ** 5000000n; for (;;) b *= b', /cpu_ms|memory_mb|BigInt/],
  [
    'converts a big integer to a string',
    'text((7n ** 20000000n).toString().length)',
    /cpu_ms|memory_mb|BigInt|completed/,
  ],
  ['fills a typed array', 'const a = new Uint8Array(4e7); for (;;) a.fill(1)', /cpu_ms/],
  ['copies within a typed array', 'const a = new Uint8Array(4e7); for (;;) a.copyWithin(1, 0)', /cpu_ms/],
  [
    'catches failed allocations of buffers',
    'const a = []; for (;;) try { a.push(new ArrayBuffer(1e6)) } catch {}',
    /cpu_ms|memory_mb/,
  ],
]

/** Programs that send messages without end. The session does most of the work. */
export const floods: readonly Bomb[] = [
  ['prints large texts', 'for (;;) text("x".repeat(1000))', /output_bytes|cpu_ms/],
  ['prints images', 'for (;;) image("data:image/png;base64," + "A".repeat(1e5))', /output_bytes|cpu_ms/],
  ['prints small texts', 'for (;;) text("x")', /output_items|output_bytes|cpu_ms/],
  ['yields', 'for (;;) yield_control()', /events|cpu_ms|memory_mb/],
  ['stores one value repeatedly', 'for (;;) store("k", 1)', /events|cpu_ms|memory_mb/],
  ['sets and clears timers', 'for (;;) clearTimeout(setTimeout(() => {}, 1e9))', /events|cpu_ms|memory_mb/],
  [
    'makes tool calls and catches their rejections',
    'for (;;) try { tools.hang({}).catch(() => {}) } catch {}',
    /cpu_ms|memory_mb/,
  ],
]

/** Programs that allocate memory of every kind. */
export const hoards: readonly Bomb[] = [
  ['keeps objects', 'const a = []; for (;;) a.push({ a: [] })', /memory_mb|cpu_ms/],
  ['keeps strings', 'const a = []; for (let i = 0; ; i++) a.push("x".repeat(1e5) + i)', /memory_mb|cpu_ms/],
  [
    'keeps flat strings',
    'const a = []; for (let i = 0; ; i++) a.push(("x".repeat(1e5) + i).toUpperCase())',
    /memory_mb|cpu_ms/,
  ],
  ['doubles a string', 'let s = "x"; for (;;) s += s', /Invalid string length|memory_mb|cpu_ms/],
  [
    'keeps buffers',
    'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))',
    /Array buffer allocation failed|memory_mb|cpu_ms/,
  ],
  ['keeps tiny typed arrays', 'const a = []; for (;;) a.push(new Uint8Array(64))', /memory_mb|cpu_ms/],
  [
    'fills a Map',
    'const m = new Map(); for (let i = 0; ; i++) m.set(i, [i, 1, 2, 3, 4, 5, 6, 7, 8, 9])',
    /memory_mb|cpu_ms/,
  ],
  ['fills a Set', 'const m = new Set(); for (let i = 0; ; i++) m.add("key ".repeat(1000) + i)', /memory_mb|cpu_ms/],
  ['makes symbols', 'for (let i = 0; ; i++) Symbol.for("s".repeat(5000) + i)', /memory_mb|cpu_ms/],
  [
    'nests closures',
    'let f = () => 0; for (;;) { const g = f, h = [1, 2, 3, 4, 5, 6, 7, 8, 9]; f = () => [g, h] }',
    /memory_mb|cpu_ms/,
  ],
  [
    'keeps formats',
    'const a = []; for (;;) a.push(new Intl.DateTimeFormat("en", { weekday: "long" }))',
    /memory_mb|cpu_ms|Intl is not defined/,
  ],
  ['splits a huge string', 'text("x".repeat(2 ** 28).split("").length)', /memory_mb|killed|cpu_ms/],
  [
    'normalizes strings',
    'const a = []; for (let i = 0; ; i++) a.push(("\\u1e9b\\u0323".repeat(1e6) + i).normalize("NFKD"))',
    /memory_mb|killed|cpu_ms|Invalid string length/,
  ],
  [
    'replaces all characters of a string',
    'text("x".repeat(2 ** 20).replaceAll("x", "y".repeat(2 ** 12)).length)',
    /memory_mb|killed|cpu_ms|Invalid string length/,
  ],
  [
    'parses JSON',
    'let s = "[" + "1,".repeat(2e6) + "1]"; const a = []; for (;;) a.push(JSON.parse(s))',
    /memory_mb|cpu_ms/,
  ],
  ['makes an array of a length', 'Array.from({ length: 1e9 })', /memory_mb|killed|cpu_ms|Invalid array length/],
  ['spreads arrays', 'let a = [1]; for (;;) a = [...a, ...a]', /memory_mb|killed|Invalid array length|cpu_ms/],
  [
    'generates code',
    'const a = []; for (let i = 0; ; i++) a.push(new Function("return [" + "{ a: 1 },".repeat(100) + i + "]")())',
    /memory_mb|cpu_ms/,
  ],
]

/** Programs that exceed another limit long before the limit of CPU time. */
export const excesses: readonly Bomb[] = [
  ['recurses', 'const f = () => f() + 1; f()', /Maximum call stack size exceeded/],
  ['recurses through a helper', 'const f = () => text({ toJSON: f }); f()', /Maximum call stack|^$/],
  ['prints one giant text', 'text("x".repeat(5e7))', /output_bytes|cpu_ms|memory_mb/],
  ['notifies', 'for (;;) notify("x")', /resource=notifications/],
  ['sets timers', 'for (;;) setTimeout(() => {}, 1e9)', /resource=timers/],
  ['stores values', 'for (let i = 0; ; i++) store("k" + i, "x".repeat(1e5))', /stored_bytes/],
  ['makes tool calls', 'for (;;) tools.hang({})', /pending_tool_calls/],
  ['passes a giant argument', 'tools.hang({ a: "x".repeat(2e6) })', /argument_bytes/],
  [
    'passes a deep argument',
    'let a = 1; for (let i = 0; i < 3e4; i++) a = [a]; tools.hang({ a })',
    /recursion limit|Maximum call stack/,
  ],
  ['throws a giant string', 'throw "x".repeat(2e6)', /^x+…x+$/],
]
