import { afterAll, describe, expect, test } from 'vitest'
import { createHostPool, createSession, type Tool } from '../../src/index.ts'
import { texts } from './hosts-under-test.ts'

/** Ways a tool may answer, and what the cell sees: `ok` and JSON text, or `no` and the text of the rejection. */
const answers: [name: string, call: Tool['call'], seen: string | RegExp][] = [
  ['undefined', () => undefined, 'ok null'],
  ['a promise of nothing', () => Promise.resolve(), 'ok null'],
  ['a function', () => () => 1, 'ok null'],
  ['a symbol', () => Symbol('s'), 'ok null'],
  ['NaN', () => ({ n: Number.NaN, i: Infinity, z: -0 }), 'ok {"n":null,"i":null,"z":0}'],
  ['a date and a map', () => ({ d: new Date(0), m: new Map([[1, 2]]) }), 'ok {"d":"1970-01-01T00:00:00.000Z","m":{}}'],
  ['a lone surrogate', () => 'a\ud800b', 'ok "a\\ud800b"'],
  ['a line separator', () => '\u2028', 'ok "\u2028"'],
  ['__proto__ as data', () => JSON.parse('{"__proto__":{"x":1}}'), 'ok {"__proto__":{"x":1}}'],
  ['toJSON', () => ({ toJSON: () => 'j' }), 'ok "j"'],
  ['a Proxy', () => new Proxy({ a: 1 }, {}), 'ok {"a":1}'],
  ['a thenable that settles twice', () => ({ then: (done: (value: unknown) => void) => (done(1), done(2)) }), 'ok 1'],
  [
    'a thenable that throws after it settled',
    () => ({
      then: (done: (value: unknown) => void) => {
        done(1)
        throw new Error('late')
      },
    }),
    'ok 1',
  ],
  ['a promise of a promise', () => Promise.resolve(Promise.resolve([1])), 'ok [1]'],
  [
    'a cycle',
    () => {
      const a: Record<string, unknown> = {}
      a['a'] = a
      return a
    },
    /^no Converting circular structure to JSON/,
  ],
  ['a bigint', () => ({ a: 1n }), 'no Do not know how to serialize a BigInt'],
  [
    'a getter that throws',
    () => ({
      get a() {
        throw new Error('getter')
      },
    }),
    'no getter',
  ],
  [
    'toJSON that throws',
    () => ({
      toJSON: () => {
        throw 'json'
      },
    }),
    'no json',
  ],
  ['toJSON that returns nothing', () => ({ toJSON: () => undefined }), 'ok null'],
  [
    'a revoked Proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
    /^no Cannot perform/,
  ],
  [
    'an Error',
    () => {
      throw new Error('plain')
    },
    'no plain',
  ],
  [
    'an Error without a message',
    () => {
      throw new TypeError()
    },
    'no TypeError',
  ],
  [
    'an Error with secrets on it',
    () => {
      throw Object.assign(new Error('401'), { config: { token: 'canary' }, cause: new Error('canary') })
    },
    'no 401',
  ],
  [
    'a text',
    () => {
      throw 'text'
    },
    'no text',
  ],
  [
    'an empty text',
    () => {
      throw ''
    },
    'no ',
  ],
  [
    'null',
    () => {
      throw null
    },
    'no null',
  ],
  [
    'undefined thrown',
    () => {
      throw undefined
    },
    'no undefined',
  ],
  [
    'an object',
    () => {
      throw { message: 'of an object' }
    },
    'no of an object',
  ],
  [
    'an object without a text',
    () => {
      throw Object.create(null)
    },
    'no an error without a text',
  ],
  [
    'an error whose message throws',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('m')
        },
      })
    },
    'no an error without a text',
  ],
  [
    'an error whose message is a number',
    () => {
      throw Object.defineProperty(new Error('x'), 'message', { value: 5 })
    },
    'no 5',
  ],
  ['a rejection', () => Promise.reject(new Error('rejected')), 'no rejected'],
  [
    'a long error',
    () => {
      throw new Error('x'.repeat(200_000))
    },
    /^no x+…x+$/,
  ],
  [
    'a result that is too large',
    () => 'x'.repeat(2_000_000),
    'no resource limit exceeded: code=resource_exhausted resource=result_bytes limit=1000000 observed=2000002',
  ],
  [
    'a result that is too deep',
    () => {
      let a: unknown = 1
      for (let i = 0; i < 500; i++) a = [a]
      return a
    },
    'no resource limit exceeded: code=resource_exhausted resource=json_depth limit=127 observed=128',
  ],
  [
    'a result far too deep',
    () => {
      let a: unknown = 1
      for (let i = 0; i < 100_000; i++) a = [a]
      return a
    },
    /^no Maximum call stack size exceeded/,
  ],
  [
    'never',
    () => new Promise(() => undefined),
    'no resource limit exceeded: code=resource_exhausted resource=tool_timeout_ms limit=300 observed=300',
  ],
]

describe('a tool that answers with', () => {
  const hosts = createHostPool({ size: 1 })
  afterAll(() => hosts[Symbol.asyncDispose]())

  test.each(answers)('%s', async (_name, call, seen) => {
    const limits = { resultBytes: 1_000_000, toolTimeoutMs: 300 }
    await using session = await createSession({ hosts, limits, tools: [{ name: 'odd', call }] })
    const source =
      'try { text("ok " + JSON.stringify(await tools.odd({}))) } catch (e) { text("no " + e) }; text(typeof tools)'
    const outcome = await session.execute(source)
    expect(texts(outcome)).toEqual([typeof seen === 'string' ? seen : expect.stringMatching(seen), 'object'])
    expect(JSON.stringify(outcome)).not.toContain('canary')
  })

  test('an answer that comes when nobody wants it any more', async () => {
    const late = Promise.withResolvers<unknown>()
    const tool: Tool = { name: 'late', call: () => late.promise }
    await using session = await createSession({ hosts, tools: [tool] })
    expect(texts(await session.execute('tools.late({}); text("done")'))).toEqual(['done'])
    late.resolve('too late')
    expect(texts(await session.execute('text("next")'))).toEqual(['next'])
  })

  test('an answer after the session is closed, and a rejection', async () => {
    const late = Promise.withResolvers<unknown>()
    const called = Promise.withResolvers<void>()
    const tool: Tool = { name: 'late', call: () => (called.resolve(), late.promise) }
    const session = await createSession({ hosts, tools: [tool] })
    await session.execute('await tools.late({})', { yieldTimeMs: 0 })
    await called.promise
    await session.close()
    late.reject(new Error('nobody listens'))
    await using next = await createSession({ hosts })
    expect(texts(await next.execute('text("next")'))).toEqual(['next'])
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
  ])('a notification handler that %s changes nothing for the cell', async (_name, onNotification) => {
    await using session = await createSession({ hosts, limits: { notificationTimeoutMs: 50 }, onNotification })
    expect(await session.execute('notify("a"); text(1)')).toMatchObject({ type: 'completed' })
  })
})
