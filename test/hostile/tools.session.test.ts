import { describe, expect, test } from 'vitest'
import { createSession, type Tool } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const hosts = sharedHosts('default')

/** The behavior of a tool, and the text of the cell: `ok` and JSON, or `no` and the message of the rejection. */
const behaviors: [name: string, call: Tool['call'], seen: string | RegExp][] = [
  ['returns undefined', () => undefined, 'ok null'],
  ['returns a promise of undefined', () => Promise.resolve(), 'ok null'],
  ['returns a function', () => () => 1, 'ok null'],
  ['returns a symbol', () => Symbol('s'), 'ok null'],
  ['returns NaN', () => ({ n: Number.NaN, i: Infinity, z: -0 }), 'ok {"n":null,"i":null,"z":0}'],
  [
    'returns a date and a map',
    () => ({ d: new Date(0), m: new Map([[1, 2]]) }),
    'ok {"d":"1970-01-01T00:00:00.000Z","m":{}}',
  ],
  ['returns a lone surrogate', () => 'a\ud800b', 'ok "a\\ud800b"'],
  ['returns a line separator', () => '\u2028', 'ok "\u2028"'],
  ['returns __proto__ as data', () => JSON.parse('{"__proto__":{"x":1}}'), 'ok {"__proto__":{"x":1}}'],
  ['returns an object with toJSON', () => ({ toJSON: () => 'j' }), 'ok "j"'],
  ['returns a Proxy', () => new Proxy({ a: 1 }, {}), 'ok {"a":1}'],
  [
    'returns a thenable that settles twice',
    () => ({ then: (done: (value: unknown) => void) => (done(1), done(2)) }),
    'ok 1',
  ],
  [
    'returns a thenable that throws after it settled',
    () => ({
      then: (done: (value: unknown) => void) => {
        done(1)
        throw new Error('late')
      },
    }),
    'ok 1',
  ],
  ['returns a promise of a promise', () => Promise.resolve(Promise.resolve([1])), 'ok [1]'],
  [
    'returns a cycle',
    () => {
      const a: Record<string, unknown> = {}
      a['a'] = a
      return a
    },
    /^no Converting circular structure to JSON/,
  ],
  ['returns a bigint', () => ({ a: 1n }), 'no Do not know how to serialize a BigInt'],
  [
    'returns a getter that throws',
    () => ({
      get a() {
        throw new Error('getter')
      },
    }),
    'no getter',
  ],
  [
    'returns an object whose toJSON throws',
    () => ({
      toJSON: () => {
        throw 'json'
      },
    }),
    'no json',
  ],
  ['returns an object whose toJSON returns undefined', () => ({ toJSON: () => undefined }), 'ok null'],
  [
    'returns a revoked Proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
    /^no Cannot perform/,
  ],
  [
    'throws an Error',
    () => {
      throw new Error('plain')
    },
    'no plain',
  ],
  [
    'throws an Error without a message',
    () => {
      throw new TypeError()
    },
    'no TypeError',
  ],
  [
    'throws an Error with secret properties',
    () => {
      throw Object.assign(new Error('401'), { config: { token: 'canary' }, cause: new Error('canary') })
    },
    'no 401',
  ],
  [
    'throws a string',
    () => {
      throw 'text'
    },
    'no text',
  ],
  [
    'throws an empty string',
    () => {
      throw ''
    },
    'no ',
  ],
  [
    'throws null',
    () => {
      throw null
    },
    'no null',
  ],
  [
    'throws undefined',
    () => {
      throw undefined
    },
    'no undefined',
  ],
  [
    'throws an object',
    () => {
      throw { message: 'of an object' }
    },
    'no of an object',
  ],
  [
    'throws an object without a message',
    () => {
      throw Object.create(null)
    },
    'no an error without a message',
  ],
  [
    'throws an error whose message throws',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('m')
        },
      })
    },
    'no an error without a message',
  ],
  [
    'throws an error whose message is a number',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', { value: 5 })
    },
    'no 5',
  ],
  ['rejects', () => Promise.reject(new Error('rejected')), 'no rejected'],
  [
    'throws a long error',
    () => {
      throw new Error('x'.repeat(200_000))
    },
    /^no x+…x+$/,
  ],
  [
    'returns a result that is too large',
    () => 'x'.repeat(2_000_000),
    'no resource limit exceeded: code=resource_exhausted resource=result_bytes limit=1000000 observed=2000002',
  ],
  [
    'returns a result that is too deep',
    () => {
      let a: unknown = 1
      for (let i = 0; i < 500; i++) a = [a]
      return a
    },
    'no resource limit exceeded: code=resource_exhausted resource=json_depth limit=127 observed=128',
  ],
  [
    'returns a result that is far too deep',
    () => {
      let a: unknown = 1
      for (let i = 0; i < 100_000; i++) a = [a]
      return a
    },
    'no resource limit exceeded: code=resource_exhausted resource=json_depth limit=127 observed=128',
  ],
]

describe('a tool', () => {
  test.each(behaviors)('a cell receives a value or a string from a tool that %s', async (_name, call, seen) => {
    const limits = { maxResultBytesPerCall: 1_000_000 }
    await using session = await createSession({ hosts, limits, tools: [{ name: 'odd', call }] })
    const source =
      'try { text("ok " + JSON.stringify(await tools.odd({}))) } catch (e) { text("no " + e) }; text(typeof tools)'
    const outcome = await session.execute(source)
    expect(textsOf(outcome)).toEqual([typeof seen === 'string' ? seen : expect.stringMatching(seen), 'object'])
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })

  test('a result that arrives after the end of its cell has no effect', async () => {
    const late = Promise.withResolvers<unknown>()
    const tool: Tool = { name: 'late', call: () => late.promise }
    await using session = await createSession({ hosts, tools: [tool] })
    expect(textsOf(await session.execute('tools.late({}); text("done")'))).toEqual(['done'])
    late.resolve('too late')
    expect(textsOf(await session.execute('text("next")'))).toEqual(['next'])
  })

  test('a rejection that arrives after the session closed has no effect', async () => {
    const late = Promise.withResolvers<unknown>()
    const called = Promise.withResolvers<void>()
    const tool: Tool = { name: 'late', call: () => (called.resolve(), late.promise) }
    const session = await createSession({ hosts, tools: [tool] })
    await session.execute('await tools.late({})', { yieldTimeMs: 0 })
    await called.promise
    await session.close()
    late.reject(new Error('too late'))
    await using next = await createSession({ hosts })
    expect(textsOf(await next.execute('text("next")'))).toEqual(['next'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('n')
      },
    ],
    ['rejects', () => Promise.reject(new Error('n'))],
    ['never settles', () => new Promise(() => undefined)],
  ])('a notification handler that %s does not change its cell', async (_name, onNotification) => {
    await using session = await createSession({ hosts, limits: { notificationTimeoutMs: 10 }, onNotification })
    expect(await session.execute('notify("a"); text(1)')).toMatchObject({ type: 'completed' })
  })
})
