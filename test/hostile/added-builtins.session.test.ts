import { describe, expect, test } from 'vitest'
import { createSession, type CellOutcome } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { profiles } from './hosts-under-test.ts'
import { forV8, perEngine } from '../support/engine-differences.ts'

/** Expressions and their values by the standard, or the names of the errors that they throw. */
const byTheStandard: readonly (readonly [expression: string, value: string])[] = [
  ...decoded(
    ['aaaa', '105,166,154'],
    ['aa==', '105'],
    ['aa', '105'],
    ['aaa', '105,166'],
    ['aaa=', '105,166'],
    ['', ''],
  ),
  ...decoded([' a a\t\n\f\r= = ', '105'], ['+/+/', '251,255,191']),
  ...refused('a', 'a=', 'aa=', 'aa==a', 'aaa==', 'aaa=a', '=', 'a-_a', 'aé', 'aa\u00a0aa'),
  ["Uint8Array.fromBase64('-_-_', { alphabet: 'base64url' })", '251,255,191'],
  ["Uint8Array.fromBase64('+/+/', { alphabet: 'base64url' })", 'SyntaxError'],
  ["Uint8Array.fromBase64('aaaaaa', { lastChunkHandling: 'stop-before-partial' })", '105,166,154'],
  ["Uint8Array.fromBase64('aaaaaa=', { lastChunkHandling: 'stop-before-partial' })", '105,166,154'],
  ["Uint8Array.fromBase64('ab==')", '105'],
  ["Uint8Array.fromBase64('ab==', { lastChunkHandling: 'strict' })", 'SyntaxError'],
  ["Uint8Array.fromBase64('aa', { lastChunkHandling: 'strict' })", 'SyntaxError'],
  ['Uint8Array.fromBase64(Object("aaaa"))', 'TypeError'],
  ['Uint8Array.fromBase64("aaaa", null)', 'TypeError'],
  ['Uint8Array.fromBase64("aaaa", { alphabet: Object("base64") })', 'TypeError'],
  ['Uint8Array.fromBase64("aaaa", { lastChunkHandling: "x" })', 'TypeError'],
  ['Uint8Array.fromBase64.call(class extends Uint8Array {}, "aaaa").constructor === Uint8Array', 'true'],
  ['Uint8Array.fromHex("00fFA0")', '0,255,160'],
  ['Uint8Array.fromHex("abc")', 'SyntaxError'],
  ['Uint8Array.fromHex("a ")', 'SyntaxError'],
  ['new Uint8Array([1, 2, 250, 255]).toBase64()', 'AQL6/w=='],
  ['new Uint8Array([1, 2, 250, 255]).toBase64({ alphabet: "base64url", omitPadding: 1 })', 'AQL6_w'],
  ['new Uint8Array(0).toBase64()', ''],
  ['new Uint8Array([1, 2, 250, 255]).toHex()', '0102faff'],
  ['new Uint8Array(6000).fill(7).toBase64() === "BwcH".repeat(2000)', 'true'],
  ['new Uint8Array(6001).fill(7).toHex() === "07".repeat(6001)', 'true'],
  ['JSON.stringify(new Uint8Array(3).setFromBase64("aaaaaaaa"))', '{"read":4,"written":3}'],
  // The array is full, so the standard reads no further.
  ['JSON.stringify(new Uint8Array(3).setFromBase64("aaaa!"))', '{"read":4,"written":3}'],
  ['JSON.stringify(new Uint8Array(2).setFromBase64("aaaa"))', '{"read":0,"written":0}'],
  ['JSON.stringify(new Uint8Array(2).setFromBase64("aaa="))', '{"read":4,"written":2}'],
  ['JSON.stringify(new Uint8Array(0).setFromBase64("!"))', '{"read":0,"written":0}'],
  ['JSON.stringify(new Uint8Array(1).setFromHex("aazz"))', '{"read":2,"written":1}'],
  ['new Uint8Array(1).setFromHex("aaz")', 'SyntaxError'],
  ['(() => { const a = new Uint8Array(4); try { a.setFromBase64("aaaa!") } catch {} return a })()', '105,166,154,0'],
  ['(() => { const a = new Uint8Array(2); try { a.setFromHex("aaz0") } catch {} return a })()', '170,0'],
  ['(() => { const a = new Uint8Array(1); a.buffer.transfer(); return a.toHex() })()', 'TypeError'],
  [
    '(() => { const a = new Uint8Array(1); return a.toBase64({ get omitPadding() { a.buffer.transfer() } }) })()',
    'TypeError',
  ],
  ...['toHex', 'toBase64', 'setFromHex', 'setFromBase64'].flatMap((name): [string, string][] => [
    [`Uint8Array.prototype.${name}.call(new Uint8ClampedArray(1), "")`, 'TypeError'],
    [`Uint8Array.prototype.${name}.call({ __proto__: Uint8Array.prototype }, "")`, 'TypeError'],
  ]),
  ['new Map([[1, 2]]).getOrInsert(1, 3)', '2'],
  ['(() => { const m = new Map(); m.getOrInsert(-0, 3); return Object.is([...m.keys()][0], 0) })()', 'true'],
  ['new Map().getOrInsertComputed(-0, (key) => Object.is(key, 0))', 'true'],
  ['(() => { const m = new Map(); return m.getOrInsertComputed(1, () => (m.set(1, 2), 3)) + m.get(1) })()', '6'],
  ['new Map([[1, 1]]).getOrInsertComputed(1, 5)', 'TypeError'],
  ['Map.prototype.getOrInsert.call(new WeakMap(), {}, 1)', 'TypeError'],
  ['new WeakMap().getOrInsert(Symbol("x"), 3)', '3'],
  ['new WeakMap().getOrInsert(Symbol.for("x"), 3)', 'TypeError'],
  ['new WeakMap().getOrInsertComputed({}, () => 3)', '3'],
  ['new WeakMap().getOrInsertComputed(1, () => 3)', 'TypeError'],
  ['Object.is(Math.sumPrecise([]), -0) && Object.is(Math.sumPrecise([-0, -0]), -0)', 'true'],
  ['Object.is(Math.sumPrecise([-0, 0]), 0) && Object.is(Math.sumPrecise([1, -1]), 0)', 'true'],
  ['Math.sumPrecise([1e20, 0.1, -1e20])', '0.1'],
  ['Math.sumPrecise([1e308, 1e308, -1e308, -1e308, 5e-324])', '5e-324'],
  ['Math.sumPrecise([1.7976931348623157e308, 9.9792015476736e291])', 'Infinity'],
  ['Math.sumPrecise([1.7976931348623157e308, 9.9792015476735e291])', '1.7976931348623157e+308'],
  ['Math.sumPrecise([2 ** 53, 1, 2 ** -1074])', '9007199254740994'],
  ['Math.sumPrecise([2 ** 53, 1])', '9007199254740992'],
  ['Math.sumPrecise([Infinity, 1e308]) + Math.sumPrecise([-Infinity, 1])', 'NaN'],
  ['Math.sumPrecise(new Array(3000000).fill(0.1))', '300000'],
  ['Math.sumPrecise([1, "2"])', 'TypeError'],
  ['Math.sumPrecise(null)', 'TypeError'],
  ['[...Iterator.concat([1], new Set([2]), "".matchAll(/a/g), [3])]', '1,2,3'],
  ['Iterator.concat("ab")', 'TypeError'],
  ['Iterator.concat({})', 'TypeError'],
  ['Object.getPrototypeOf(Iterator.concat()) === Object.getPrototypeOf([].values().map((x) => x))', 'true'],
  ...forV8<readonly [string, string]>('intl', [
    ['new Intl.Locale("sl-Latn-IT-rozaj-nedis-u-ca-buddhist").variants', 'nedis-rozaj'],
    ['new Intl.Locale("de-1996").variants + new Intl.Locale("en").variants', '1996undefined'],
    ['String(new Intl.Locale("en-scotland-u-ca-buddhist", { variants: "fonipa" }))', 'en-fonipa-u-ca-buddhist'],
    ['new Intl.Locale("en", { variants: "fonipa-FONIPA" })', 'RangeError'],
    ['new Intl.Locale("en", { variants: "" })', 'RangeError'],
    ['(class extends Intl.Locale {}).prototype.constructor.length', '0'],
    ['Object.getOwnPropertyDescriptor(Intl.Locale.prototype, "variants").get.call({})', 'TypeError'],
  ]),
]

function decoded(...cases: [base64: string, bytes: string][]): [string, string][] {
  return cases.map(([base64, bytes]) => [`Uint8Array.fromBase64(${JSON.stringify(base64)})`, bytes])
}

function refused(...texts: string[]): [string, string][] {
  return texts.map((text) => [`Uint8Array.fromBase64(${JSON.stringify(text)})`, 'SyntaxError'])
}

const descriptions = `
const names = { Uint8Array: ['fromBase64', 'fromHex'], 'Uint8Array.prototype': ['toBase64', 'setFromBase64', 'toHex', 'setFromHex'],
  'Map.prototype': ['getOrInsert', 'getOrInsertComputed'], 'WeakMap.prototype': ['getOrInsert', 'getOrInsertComputed'],
  Math: ['sumPrecise'], Iterator: ['concat'] }
const lengths = []
for (const [path, methods] of Object.entries(names)) for (const name of methods) {
  const owner = path.split('.').reduce((value, key) => value[key], globalThis)
  const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(owner, name)
  let isConstructor = true
  try { Reflect.construct(Object, [], value) } catch { isConstructor = false }
  if (!writable || enumerable || !configurable || value.name !== name || isConstructor || 'prototype' in value) text(path + name)
  if (!String(value).includes('[native code]')) text(String(value))
  lengths.push(value.length)
}
text(lengths.join())
`

/** Replaces everything that an implementation in JavaScript could use, and notes each use. */
const replaceEverything = `
let uses = ''
const targets = { String: String.prototype, Array: Array.prototype, Map: Map.prototype, WeakMap: WeakMap.prototype,
  Bytes: Uint8Array.prototype, Typed: Object.getPrototypeOf(Uint8Array.prototype), Iterator: Iterator.prototype,
  Function: Function.prototype, Strings: String, Arrays: Array, Objects: Object, Reflect, Number, BigInt }
const wanted = ['toBase64', 'setFromBase64', 'toHex', 'setFromHex', 'getOrInsert', 'getOrInsertComputed']
const { fromBase64, fromHex } = Uint8Array, { toHex } = Uint8Array.prototype, { sumPrecise } = Math, { concat } = Iterator
const locale = ${perEngine('intl', "new Intl.Locale('de-1996')", 'null')}
const variants = ${perEngine('intl', "Object.getOwnPropertyDescriptor(Intl.Locale.prototype, 'variants').get", '() => 1996')}
const bytes = new Uint8Array([1, 2, 250, 255]), map = new Map(), weak = new WeakMap()
let count = 0
const numbers = { [Symbol.iterator]: () => ({ next: () => ({ done: count === 3, value: count++ }) }) }
const define = Object.defineProperty, apply = Reflect.apply, keys = Reflect.ownKeys, describe = Object.getOwnPropertyDescriptor
const plan = []
for (const path in targets) for (const name of keys(targets[path])) {
  const held = describe(targets[path], name)
  if (held.configurable && !wanted.includes(name) && name !== 'constructor') plan.push([path, name, held])
}
for (let at = 0; at < plan.length; at++) {
  const path = plan[at][0], name = plan[at][1], held = plan[at][2]
  const used = () => { uses += path + (typeof name === 'string' ? name : 'symbol') + ' '; throw 'replaced' }
  if (typeof held.value === 'function') define(targets[path], name, { value: used, writable: true, configurable: true })
  else if (held.get) define(targets[path], name, { get: used, configurable: true })
}
const classes = ['Uint8Array', 'Float64Array', 'Array', 'SyntaxError', 'TypeError', 'Number', 'BigInt', 'String', 'Proxy', 'Map']
for (let at = 0; at < classes.length; at++) globalThis[classes[at]] = () => { throw 'replaced class' }
const setter = { get: () => undefined, set() { throw 'setter' }, configurable: true }
for (let at = 20; at < 30; at++) define(targets.Array, at, setter)
const inherited = ['get', 'value', 'alphabet', 'lastChunkHandling', 'omitPadding', 'apply', 'length', 'next']
for (let at = 0; at < inherited.length; at++) define(Object.prototype, inherited[at], { __proto__: null, ...setter })
`

const useEverything = `
const all = [bytes.toBase64(), bytes.toHex(), apply(fromBase64, null, ['AQL6/w=='])[2], apply(fromHex, null, ['00ff'])[1],
  bytes.setFromHex('0a').written, bytes.setFromBase64('AQL6/w==').read, map.getOrInsert(1, 2), map.getOrInsertComputed(3, (key) => key),
  weak.getOrInsert(map, 4), weak.getOrInsertComputed(bytes, () => 5), apply(sumPrecise, null, [numbers]), apply(variants, locale, [])]
let shown = ''
for (let index = 0; index < 12; index++) shown += all[index] + ' '
let thrown
try { apply(fromBase64, null, ['!']) } catch (error) { thrown = error.name }
try { apply(toHex, map, []) } catch (error) { thrown += error.message }
text(shown + thrown + uses)
`

describe.each([...profiles, 'in-process'] as const)('builtins that engines may lack, on %s hosts', (kind) => {
  const hosts = sharedHosts(kind)

  async function run(source: string): Promise<CellOutcome> {
    await using session = await createSession({ hosts })
    return await session.execute(source, { yieldTimeMs: 60_000 })
  }

  test('every builtin behaves as the standard says', async () => {
    const checks = byTheStandard.map(
      ([expression]) => `try { text(String(${expression})) } catch (error) { text(error.name) }`,
    )
    const outcome = await run(checks.join('\n'))
    const values = textsOf(outcome)
    expect(byTheStandard.map(([expression], index) => [expression, values[index]])).toEqual(byTheStandard)
  })

  test('every builtin has the attributes, name, length and text of a builtin', async () => {
    expect(textsOf(await run(descriptions))).toEqual(['1,1,0,1,0,1,2,2,2,2,1,0'])
  })

  test('no builtin uses what a program replaces', async () => {
    const outcome = await run(replaceEverything + useEverything)
    const incompatible = perEngine(
      'words',
      'Method Uint8Array.prototype.toHex called on incompatible receiver #<Map>',
      'not a Uint8Array',
    )
    expect(textsOf(outcome)).toEqual(['AQL6/w== 0102faff 250 255 1 8 2 3 4 5 3 1996 SyntaxError' + incompatible])
  })

  test('Iterator.concat opens iterators lazily and closes the open one', async () => {
    const outcome = await run(`
      const log = []
      const iterable = (name) => ({ [Symbol.iterator]() {
        log.push('open ' + name)
        return { next: () => ({ done: false, value: name }), return() { log.push('close ' + name); return {} } }
      } })
      Iterator.concat(iterable('a')).return()
      const both = Iterator.concat(iterable('b'), iterable('c'))
      log.push(both.next().value)
      both.return()
      log.push(both.next().done)
      text(log.join())`)
    expect(textsOf(outcome)).toEqual(['open b,b,close b,true'])
  })

  test('the stack of an error of a builtin or a helper has frames of the program only', async () => {
    const outcome = await run(`
      for (const fail of [() => Uint8Array.fromBase64('!'), () => Math.sumPrecise([null]), () => as_settled(7), () => text({ toJSON() { throw new Error('x') } })]) {
        try { fail() } catch (error) { text(error.stack ?? error); text({ stack: error.stack ?? error }) }
      }`)
    for (const shown of textsOf(outcome)) {
      expect(shown).toContain('exec_main.mjs')
      expect(shown).not.toContain('prelude')
      expect(shown).not.toContain('at stringify')
    }
  })
})
