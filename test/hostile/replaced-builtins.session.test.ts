import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { profiles } from './hosts-under-test.ts'
import { forV8 } from '../support/engine-differences.ts'

/** Builtins that a cell replaces before it uses the helpers. */
const poisons: [name: string, source: string][] = [
  ['JSON', 'JSON.stringify = () => "forged"; JSON.parse = () => "forged"; globalThis.JSON = null'],
  ['Promise', 'globalThis.Promise = class {}; '],
  ['Promise.prototype.then', 'Promise.prototype.then = function () { throw "then" }'],
  ...forV8<[string, string]>('builtins', [
    ['Promise species', 'Object.defineProperty(Promise, Symbol.species, { get() { throw "species" } })'],
  ]),
  [
    'Object.prototype setters',
    'const d = Object.assign(Object.create(null), { set() { throw "setter" }, get() { return undefined }, configurable: true }); for (const k of ["value", "get", "set", "resolve", "reject", "callback", "due", "index", "type", "name", "description"]) Object.defineProperty(Object.prototype, k, d)',
  ],
  ...forV8<[string, string]>('builtins', [
    [
      'Array.prototype setters',
      'for (let i = 0; i < 9; i++) Object.defineProperty(Array.prototype, i, { set() { throw "setter" }, get() { return "forged" }, configurable: true })',
    ],
  ]),
  [
    'Array.prototype methods',
    'for (const k of Object.getOwnPropertyNames(Array.prototype)) try { Array.prototype[k] = () => { throw k } } catch {}',
  ],
  [
    'String.prototype methods',
    'for (const k of Object.getOwnPropertyNames(String.prototype)) try { String.prototype[k] = () => { throw k } } catch {}',
  ],
  [
    'Map.prototype',
    'for (const k of Object.getOwnPropertyNames(Map.prototype)) try { Object.defineProperty(Map.prototype, k, { get() { throw k } }) } catch {}; globalThis.Map = null',
  ],
  [
    'Function.prototype',
    'Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw "function" }',
  ],
  [
    'Reflect and Object',
    'for (const o of [Reflect, Object]) for (const k of Object.getOwnPropertyNames(o)) try { o[k] = () => { throw k } } catch {}; ',
  ],
  [
    'Number, Math, typed arrays',
    'Number.isFinite = Math.trunc = Math.imul = () => { throw "number" }; Uint8Array.prototype.subarray = null; globalThis.Uint16Array = globalThis.Int32Array = null',
  ],
  [
    'iterators',
    'Array.prototype[Symbol.iterator] = () => { throw "iterator" }; Object.getPrototypeOf([].values === undefined ? {} : {}).next = null',
  ],
  ['Symbol', 'globalThis.Symbol = null'],
  [
    'everything deletable',
    'const keep = new Set(["text", "store", "load", "notify", "tools", "setTimeout", "ALL_TOOLS", "globalThis"]); for (const k of Reflect.ownKeys(globalThis)) if (!keep.has(k)) try { delete globalThis[k] } catch {}',
  ],
  [
    'frozen intrinsics',
    'for (const o of [Object.prototype, Array.prototype, Function.prototype, Promise.prototype, Map.prototype, String.prototype]) Object.freeze(o)',
  ],
]

describe.each(profiles)('a cell that replaces builtins on %s hosts', (profile) => {
  const hosts = sharedHosts(profile)

  test.each(poisons)(
    'a cell that replaces %s does not change helpers, tools and stored values',
    async (_name, poison) => {
      const inputs: unknown[] = []
      const notified: string[] = []
      const tool = { name: 'echo', call: (input: unknown) => (inputs.push(input), { got: input, list: [1, { a: 2 }] }) }
      await using session = await createSession({
        hosts,
        tools: [tool],
        onNotification: ({ text }) => notified.push(text),
      })
      const source = `const show = text, { echo } = tools, save = store, read = load, tell = notify, later = setTimeout
      const input = { b: 'x', a: [1, 'y', { z: null }] }
      ;${poison};
      const pending = echo(input)
      const answer = await pending
      show(answer.got.b + answer.got.a[1] + answer.list[1].a)
      save('k', { deep: { er: 'v' } }); show(read('k').deep.er)
      tell('told')
      await { then(done) { later(() => done(1), 1) } }
      show(5); show(null); show('end')`
      const outcome = await session.execute(source)
      // Getters on array indices change the first text in the cell itself, so it does not count.
      expect([outcome.type, 'errorText' in outcome ? outcome.errorText : '']).toEqual(['completed', ''])
      expect(textsOf(outcome).slice(1)).toEqual(['v', '5', 'null', 'end'])
      expect(inputs).toEqual([{ b: 'x', a: [1, 'y', { z: null }] }])
      expect(notified).toEqual(['told'])
      expect(textsOf(await session.execute('text(load("k"))'))).toEqual(['{"deep":{"er":"v"}}'])
    },
  )

  test('as_settled() works with setters on all prototypes', async () => {
    await using session = await createSession({ hosts })
    const source = `const d = Object.assign(Object.create(null), { set() { throw "setter" }, get() {}, configurable: true })
      const inputs = new Set([1, Promise.reject(2)])
      for (const k of ['value', 'get', 'set', 'status', 'index', 0, 1]) {
        Object.defineProperty(Object.prototype, k, d)
        Object.defineProperty(Array.prototype, k, d)
      }
      for await (const { index, status } of as_settled(inputs)) text(index + status)`
    expect(textsOf(await session.execute(source))).toEqual(['0fulfilled', '1rejected'])
  })
})
