import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type CellOutcome, type Session } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { profiles } from './hosts-under-test.ts'
import { matching, summaryOf } from './outcome-summary.ts'
import { perEngine } from '../support/engine-differences.ts'

/** Positions from which a cell can exit. Nothing runs afterward, and the cell completes. */
const exits: [name: string, source: string][] = [
  ['at top level', 'text("a"); exit(); text("b")'],
  ['in try with finally', 'text("a"); try { exit() } catch { text("b") } finally { text("c") }'],
  ['in finally', 'text("a"); try { throw 1 } finally { exit() }'],
  ['in a catch clause', 'text("a"); try { throw 1 } catch { exit() }'],
  ['with new', 'text("a"); new exit(); text("b")'],
  ['with arguments', 'text("a"); exit(1, { code: 2 }); text("b")'],
  ['through call', 'text("a"); exit.call({}); text("b")'],
  ['after an await', 'text("a"); await null; exit(); text("b")'],
  ['in a promise reaction', 'text("a"); await Promise.resolve().then(exit); text("b")'],
  ['in a micro-task after the end', 'text("a"); Promise.resolve().then(() => { exit(); text("b") })'],
  ['in a timer', 'text("a"); setTimeout(() => { exit(); text("b") }); await new Promise(() => {})'],
  ['after a tool call returned', 'text("a"); await tools.echo({}); exit(); text("b")'],
  ['with a pending tool call', 'text("a"); tools.hang({}); exit()'],
  ['in toJSON of a printed value', 'text("a"); text({ toJSON() { exit() } }); text("b")'],
  ['in toJSON of an input', 'text("a"); tools.echo({ toJSON() { exit() } }); text("b")'],
  ['in a getter of a stored value', 'text("a"); store("k", { get x() { exit() } }); text("b")'],
  ['in toString of a key', 'text("a"); store({ toString() { exit() } }, 1); text("b")'],
  ['in a Proxy trap', 'text("a"); new Proxy({}, { get() { exit() } }).x; text("b")'],
  ['in a comparator', 'text("a"); [1, 2].sort(() => exit()); text("b")'],
  ['in a replacer', 'text("a"); "x".replace(/x/, () => exit()); text("b")'],
  ['in an iterator', 'text("a"); for (const x of { [Symbol.iterator]: () => exit() }); text("b")'],
  [
    'in return of an iterator',
    'text("a"); for (const x of (function* () { try { yield 1 } finally { exit() } })()) break; text("b")',
  ],
  ['in an async generator', 'text("a"); for await (const x of (async function* () { yield exit() })()); text("b")'],
  ['in a then getter', 'text("a"); await { get then() { exit() } }; text("b")'],
  ['in a then method', 'text("a"); await { then() { exit() } }; text("b")'],
  ['in eval', 'text("a"); eval("exit()"); text("b")'],
  ['in a generated function', 'text("a"); new Function("exit()")(); text("b")'],
  ['in a dispose method', 'text("a"); { using x = { [Symbol.dispose]() { exit() } } } text("b")'],
  ['in the stack getter of a thrown value', 'text("a"); throw { get stack() { exit() } }'],
  ['in toString of a thrown value', 'text("a"); throw { toString() { exit() } }'],
  ['in prepareStackTrace', 'text("a"); Error.prepareStackTrace = () => exit(); new Error("x").stack; text("b")'],
  ['in a settlement callback', 'text("a"); await stream_settled([1], () => exit()); text("b")'],
  ['in a static block', 'text("a"); class A { static { exit() } } text("b")'],
  ['in a default argument', 'text("a"); ((x = exit()) => x)(); text("b")'],
]

/** Ways in which a cell can imitate exit(). It fails with its own error text. */
const forgeries: [name: string, source: string, errorText: string][] = [
  ['a string like a sentinel', 'throw "__codecell_exit__"', '__codecell_exit__'],
  ['an object like a sentinel', 'throw { exit: true, code: 0, toString: () => "exit" }', 'exit'],
  ['an error named Exit', 'const e = new Error("x"); e.name = "Exit"; e.stack = "Exit"; throw e', 'Exit'],
  ['exit itself', 'throw Object.assign(exit, { stack: "exit()" })', 'exit()'],
  ['a symbol named exit', 'throw { [Symbol.for("exit")]: 1, stack: "s" }', 's'],
  ['a replaced exit', 'exit = () => { throw "mine" }; exit()', 'mine'],
  [
    'the driver by a guessed name',
    'if (Reflect.ownKeys(globalThis).some((k) => /cell_|driver/.test(String(k)))) exit(); throw "none"',
    'none',
  ],
  ['a name of the wrapper', 'throw typeof $e + typeof $cell + typeof driver', 'undefinedundefinedundefined'],
  [
    'the names of the wrapper in generated code',
    'throw new Function("return typeof $e + typeof $cell")() + eval("typeof $e")',
    'undefinedundefinedundefined',
  ],
  [
    'a result for its own call',
    'tools.hang({}); for (const k of ["settle", "receive", "resolve"]) if (k in tools) exit(); throw "no"',
    'no',
  ],
]

/** Values of every kind that a cell can throw, and its error text. */
const thrown: [name: string, source: string, errorText: string | RegExp][] = [
  ['a string', 'throw "x"', 'x'],
  ['an empty string', 'throw ""', ''],
  ['undefined', 'throw undefined', 'undefined'],
  ['null', 'throw null', 'null'],
  ['a number', 'throw -0', '0'],
  ['a bigint', 'throw 10n', '10'],
  ['a symbol', 'throw Symbol("s")', ''],
  ['an object', 'throw { a: 1 }', '[object Object]'],
  ['an object without a prototype', 'throw Object.create(null)', ''],
  ['a list', 'throw [1, [2]]', '1,2'],
  ['a function', 'throw () => 1', '() => 1'],
  ['an error', 'throw new RangeError("m")', 'RangeError: m\n    at exec_main.mjs:1:7'],
  [
    'an error with a symbol for a name',
    'throw Object.assign(new Error("m"), { name: Symbol() })',
    /^<error: TypeError: cannot convert (?:a )?symbol/i,
  ],
  [
    'an error with an invented stack',
    'throw Object.assign(new Error("m"), { stack: "at /etc/passwd:1" })',
    'at /etc/passwd:1',
  ],
  ['an error whose stack is an object', 'throw Object.assign(new Error("m"), { stack: {} })', 'Error: m'],
  [
    'an error whose stack getter throws',
    'throw Object.defineProperty(new Error("m"), "stack", { get() { throw 1 } })',
    '',
  ],
  [
    'an error whose message getter throws',
    'throw Object.defineProperty(new Error("m"), "message", { get() { throw 1 } })',
    perEngine('stacks', /^Error: m/, /^<error: 1>/),
  ],
  ['a toString that throws', 'throw { toString() { throw 1 } }', ''],
  ['a toString that returns an object', 'throw { toString: () => ({}), valueOf: () => ({}) }', ''],
  [
    'a Proxy whose traps throw',
    'throw new Proxy({}, { get() { throw 1 }, has() { throw 1 }, getPrototypeOf() { throw 1 } })',
    '',
  ],
  ['a Proxy of an error', 'throw new Proxy(new Error("m"), {})', /^Error: m/],
  ['a revoked Proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy', ''],
  [
    'an AggregateError',
    'throw new AggregateError([new Error("inner")], "outer")',
    'AggregateError: outer\n    at exec_main.mjs:1:7',
  ],
  ['a SuppressedError', 'throw new SuppressedError(1, 2, "m")', 'SuppressedError: m\n    at exec_main.mjs:1:7'],
  [
    'an error with a cause',
    'throw new Error("m", { cause: new Error("inner") })',
    `Error: m\n    at exec_main.mjs:1:${perEngine('stacks', 7, 31)}`,
  ],
  ['a lone surrogate', 'throw "\\ud800"', '\ufffd'],
  ['a promise', 'throw Promise.reject(1)', '[object Promise]'],
  ['a thenable', 'throw { then(f) { f(1) }, toString: () => "t" }', 't'],
  ['a rejected tool call', 'await tools.fail({})', 'tool says no'],
  [
    'a prepareStackTrace that throws',
    'Error.prepareStackTrace = () => { throw 1 }; throw new Error("m")',
    perEngine('stacks', '', 'Error: m'),
  ],
  ['a prepareStackTrace that lies', 'Error.prepareStackTrace = () => "lie"; throw new Error("m")', 'lie'],
  [
    'a prepareStackTrace that returns an object',
    'Error.prepareStackTrace = () => ({}); throw new Error("m")',
    'Error: m',
  ],
  [
    'a stack overflow',
    'const f = () => f() + 1; f()',
    perEngine(
      'stacks',
      /^RangeError: Maximum call stack size exceeded\n {4}at f /,
      /^RangeError: Maximum call stack size exceeded$/,
    ),
  ],
  ['an error in a timer', 'setTimeout(() => { throw "late" }); await new Promise(() => {})', 'late'],
  ['a large string', 'throw "x".repeat(3e7)', /^x{512}…x{512}$/],
  ['a large message', 'throw new Error("x".repeat(1e7))', /^Error: x+…/],
  ['an await that rejects', 'await Promise.reject("r")', 'r'],
]

/** Unhandled rejections, which do not end the cell. */
const ignored: [name: string, source: string][] = [
  ['a floating rejection', 'Promise.reject(new Error("x")); text("a")'],
  ['a floating rejection before a tool call', 'Promise.reject(1); await tools.echo({}); Promise.reject(2); text("a")'],
  ['a floating rejection of a Proxy', 'Promise.reject(new Proxy({}, { get() { throw 1 } })); await null; text("a")'],
  ['an async timer that rejects', 'await new Promise((r) => setTimeout(async () => { r(); throw 1 })); text("a")'],
  ['an unawaited tool that fails', 'tools.fail({}); await tools.echo({}); text("a")'],
]

/** Calls that fail at the end of the stack. The cell catches the error and continues, and its later events arrive. */
const atTheEndOfTheStack: [name: string, call: string][] = [
  ['a text', 'text("x")'],
  ['a notification', 'notify("x")'],
  ['a stored value', 'store("k", 1)'],
  ['a yield', 'yield_control()'],
  ['a timer', 'clearTimeout(setTimeout(() => {}, 1e6))'],
]

describe.each(profiles)('the end of a cell on %s hosts', (profile) => {
  let session: Session
  beforeAll(async () => {
    session = await createSession({
      hosts: sharedHosts(profile),
      deadlock: 'fail',
      limits: { maxErrorChars: 1024 },
      tools: [
        { name: 'echo', call: (input) => input },
        { name: 'hang', call: () => new Promise(() => undefined) },
        { name: 'fail', call: () => Promise.reject(new Error('tool says no')) },
      ],
    })
  })
  afterAll(() => session.close())
  const run = (source: string): Promise<CellOutcome> => session.execute(source, { yieldTimeMs: 600_000 })

  test.each(exits)('exit() %s ends the cell at once', async (_name, source) => {
    expect(summaryOf(await run(source))).toEqual({ type: 'completed', printed: ['a'], errorText: null })
  })

  test.each(forgeries)('%s does not count as exit()', async (_name, source, errorText) => {
    expect(summaryOf(await run(source))).toEqual({ type: 'failed', printed: [], errorText })
  })

  test.each(thrown)('the cell fails when it throws %s', async (_name, source, errorText) => {
    expect(summaryOf(await run(source))).toEqual({ type: 'failed', printed: [], errorText: matching(errorText) })
  })

  test.each(ignored)('%s does not end the cell', async (_name, source) => {
    expect(summaryOf(await run(source))).toEqual({ type: 'completed', printed: ['a'], errorText: null })
  })

  test.each(atTheEndOfTheStack)('%s at the end of the stack does not end the cell', async (_name, call) => {
    expect(await afterStackEnd(call)).toEqual(whole)
  })

  // `callTool` counts a call before it sends it, and the session rejects a gap in the numbers.
  test('a tool call at the end of the stack does not end the cell', async () => {
    expect(await afterStackEnd('tools.echo({}).catch(() => {})')).toEqual(whole)
  })

  const whole = { type: 'completed', printed: ['next', '{"n":1}', 'end'], errorText: null }

  /** Makes a call at every depth near the end of the stack, then continues. */
  async function afterStackEnd(call: string): Promise<unknown> {
    const source = `let done = 0
      const f = () => { try { f() } catch {} if (done < 3) try { ${call}; done++ } catch {} }
      f()
      text('next'); text(await tools.echo({ n: 1 })); text('end')`
    let outcome = await run(source)
    const printed = textsOf(outcome)
    while (outcome.type === 'yielded') printed.push(...textsOf((outcome = await session.observe(outcome.cellId))))
    return { ...summaryOf(outcome), printed: printed.slice(-3) }
  }
})
