import { setFlagsFromString } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { profiles } from './hosts-under-test.ts'
import { forV8 } from '../support/engine-differences.ts'

/** The globals of the language and the helpers. */
const globals = [
  'AggregateError',
  'Array',
  'ArrayBuffer',
  'AsyncDisposableStack',
  'BigInt',
  'BigInt64Array',
  'BigUint64Array',
  'Boolean',
  'DataView',
  'Date',
  'DisposableStack',
  'Error',
  'EvalError',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'Function',
  'Infinity',
  'Int16Array',
  'Int32Array',
  'Int8Array',
  ...forV8('intl', ['Intl']),
  'Iterator',
  'JSON',
  'Map',
  'Math',
  'NaN',
  'Number',
  'Object',
  'Promise',
  'Proxy',
  'RangeError',
  'ReferenceError',
  'Reflect',
  'RegExp',
  'Set',
  'String',
  'SuppressedError',
  'Symbol',
  'SyntaxError',
  'TypeError',
  'URIError',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'WeakMap',
  'WeakSet',
  'decodeURI',
  'decodeURIComponent',
  'encodeURI',
  'encodeURIComponent',
  'escape',
  'eval',
  'globalThis',
  'isFinite',
  'isNaN',
  'parseFloat',
  'parseInt',
  'undefined',
  'unescape',
  'ALL_TOOLS',
  'as_settled',
  'audio',
  'clearTimeout',
  'content',
  'exit',
  'generatedImage',
  'image',
  'load',
  'notify',
  'setTimeout',
  'store',
  'stream_settled',
  'text',
  'tools',
  'yield_control',
]

/** Visits everything that is reachable by properties and prototypes, and collects unexpected values. */
const walk = `
const seen = new Set(), odd = []
const ours = new Set(Reflect.ownKeys(globalThis).map((key) => globalThis[key]))
function visit(value, path) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
  seen.add(value)
  if (typeof value === 'function') {
    const code = Function.prototype.toString.call(value)
    if (/node:|isolated|require\\(|process\\.|file:\\/\\//.test(code)) odd.push(path + ' has code of the host')
    try { if (value.caller !== null && value.caller !== undefined) odd.push(path + ' has a caller') } catch {}
  }
  if (/Reference|ExternalCopy|Isolate|Context|Callback/.test(Object.prototype.toString.call(value))) odd.push(path)
  const prototype = Object.getPrototypeOf(value)
  visit(prototype, path + '.__proto__')
  for (const key of Reflect.ownKeys(value)) {
    const { value: held, get, set } = Object.getOwnPropertyDescriptor(value, key)
    for (const next of [held, get, set]) visit(next, path + '.' + String(key))
  }
}
`

describe.each(profiles)('the surface of a cell on %s hosts', (profile) => {
  const hosts = sharedHosts(profile)

  test('a cell sees exactly the globals of the language and the helpers', async () => {
    await using session = await createSession({ hosts })
    const outcome = await session.execute('text(Reflect.ownKeys(globalThis).map(String).sort().join())')
    expect(textsOf(outcome)).toEqual([[...globals].sort().join()])
  })

  test('a cell reaches no object of the host, before and after it used every helper', async () => {
    const tool = { name: 'echo', call: (input: unknown) => input }
    await using session = await createSession({ hosts, tools: [tool] })
    const outcome = await session.execute(
      `${walk}
      visit(globalThis, 'globalThis')
      const before = seen.size
      const error = await tools.echo(1).catch((e) => e)
      const result = await tools.echo({ a: [{}] })
      store('k', result); notify('x'); yield_control()
      const made = [load('k'), as_settled([1]), stream_settled([1], () => {}), setTimeout(() => {}, 1e6), error, result]
      const generator = (function* () {})(), asyncGenerator = (async function* () {})()
      for (const value of [...made, generator, asyncGenerator, async () => {}, new Error('x'), import.meta, ALL_TOOLS]) visit(value, 'made')
      seen.clear()
      visit(globalThis, 'again')
      text(before > 500)
      text(odd.join('\\n'))`,
      { yieldTimeMs: 600_000 },
    )
    const end = outcome.type === 'yielded' ? await session.observe('1', { yieldTimeMs: 600_000 }) : outcome
    expect(textsOf(end)).toEqual(['true', ''])
  })

  test.each([
    ['(async () => {}).constructor("return this")().then((g) => text(g === globalThis))', 'true'],
    ['text((function* () {}).constructor("yield this")().next().value === globalThis)', 'true'],
    ['text(tools.echo.constructor === Function && text.constructor === Function)', 'true'],
    ['text(text.constructor("return typeof process + typeof require")())', 'undefinedundefined'],
    ['text(Object.getPrototypeOf(tools) === Object.prototype && ALL_TOOLS.constructor === Array)', 'true'],
    ['text([typeof text.caller, typeof arguments].join())', null],
    ['text((await tools.echo({}).constructor.resolve(1)) === 1)', 'true'],
    ['try { new ArrayBuffer(1, { maxByteLength: 9 }) } catch (e) { text(e.name) }', 'RangeError'],
    ['try { new (new ArrayBuffer(1)).constructor(1, { maxByteLength: 9 }) } catch (e) { text(e.name) }', 'RangeError'],
    ['try { new (class extends ArrayBuffer {})(1, { maxByteLength: 9 }) } catch (e) { text(e.name) }', 'RangeError'],
    [
      'try { new (new Uint8Array(1)).buffer.constructor(1, { maxByteLength: 9 }) } catch (e) { text(e.name) }',
      'RangeError',
    ],
    ['try { Reflect.construct(ArrayBuffer, [1, { maxByteLength: 9 }]) } catch (e) { text(e.name) }', 'RangeError'],
    [
      'let n = 0; try { new ArrayBuffer(1, { get maxByteLength() { return n++ ? 9 : undefined } }).resize } catch {} text(n)',
      '1',
    ],
    ['text(new ArrayBuffer(8).byteLength + new (class extends ArrayBuffer {})(8).slice(4).byteLength)', '12'],
    [
      'const s = []; Error.prepareStackTrace = (e, f) => { s.push(...f.map((c) => [c.getThis(), c.getFunction()])) }; new Error().stack; text(s.every(([t, f]) => t === undefined && f === undefined))',
      'true',
    ],
    [
      'let n = []; Error.prepareStackTrace = (e, f) => f.map((c) => c.getFileName()).join(); text({ toJSON() { n = new Error().stack; return 1 } }); text(n.replace(/<[^>]*>|,/g, "").replaceAll("exec_main.mjs", "").replaceAll("codecell:prelude", ""))',
      null,
    ],
    [
      'text(typeof new Date().constructor.now + (new Date() instanceof Date) + Date.length + Date.name)',
      'functiontrue7Date',
    ],
    ['text(new (class extends Date {})(5).getTime() + Date.UTC(1970) + Date.parse("1970-01-01T00:00:01Z"))', '1005'],
  ])('a cell cannot leave its isolate with %s', async (source, expected) => {
    const tool = { name: 'echo', call: (input: unknown) => input }
    await using session = await createSession({ hosts, tools: [tool] })
    const outcome = await session.execute(source)
    if (expected === null) expect(textsOf(outcome).join('\n')).not.toMatch(/\//)
    else expect(textsOf(outcome)).toEqual([expected])
  })

  test('names such as __proto__ are data in tools, inputs, results and stored keys', async () => {
    const names = ['__proto__', 'constructor', 'then', 'toString', 'hasOwnProperty']
    const namedTools = names.map((name) => ({ name, call: (input: unknown) => ({ name, input }) }))
    await using session = await createSession({ hosts, tools: namedTools })
    const source = `const names = ${JSON.stringify(names)}
      for (const name of names) {
        const input = JSON.parse('{"' + name + '":1}')
        store(name, input)
        const result = await tools[name](input)
        text([Object.hasOwn(tools, name), result.name, JSON.stringify(result.input), Object.hasOwn(load(name), name)].join())
      }
      text([Object.keys(tools).length, Object.getPrototypeOf(tools) === Object.prototype, {}.polluted].join())`
    expect(textsOf(await session.execute(source))).toEqual([
      ...names.map((name) => `true,${name},{"${name}":1},true`),
      '5,true,',
    ])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

test('a cell in a process with --expose-gc cannot collect garbage', async () => {
  setFlagsFromString('--expose-gc')
  try {
    await using hosts = inProcessHostPool()
    await using session = await createSession({ hosts })
    expect(textsOf(await session.execute('text(typeof gc)'))).toEqual(['undefined'])
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
})
