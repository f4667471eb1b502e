import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  createSession,
  defineTool,
  provideResult,
  type CallResultInput,
  type Session,
  type Tool,
  type ToolCallContext,
} from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { textsOf } from '../../support/texts.ts'
import { DeferringTool, openInMemory, places, source } from './deferring-session.ts'

const patient = { yieldTimeMs: 600_000 }

/** Returns the text that the program prints about a call of this tool, and the state of the call. */
async function failureOf(call: (context: ToolCallContext) => unknown): Promise<readonly unknown[]> {
  const tool: Tool = { name: 'review', call: (_input, context) => call(context) }
  await using session = await openInMemory({ tools: [tool] })
  const outcome = await session.execute(source, patient)
  return [outcome.type, ...textsOf(outcome), session.ledger()[0]?.state]
}

/** Passes a value that the types do not allow. */
function deferWith(context: ToolCallContext, options: unknown): unknown {
  const defer: unknown = Reflect.get(context, 'defer')
  return typeof defer === 'function' ? Reflect.apply(defer, undefined, [options]) : null
}

describe('a tool that misuses context.defer()', () => {
  test('and returns another value has no result', async () => {
    const both = (context: ToolCallContext): unknown => (context.defer(), 'result')
    const expected =
      'failed: tool `review` called context.defer() and returned another value; expected it to return the value of context.defer()'
    expect(await failureOf(both)).toEqual(['completed', expected, 'applied'])
    expect(await failureOf(async (context) => void context.defer())).toEqual(['completed', expected, 'applied'])
  })

  test('and returns its value inside of another one has no result', async () => {
    const [, text] = await failureOf((context) => ({ later: context.defer() }))
    expect(text).toMatch(/returned another value/)
  })

  test('and returns the value of another call has no result', async () => {
    let earlier: unknown = null
    const tool: Tool = {
      name: 'review',
      call: (_input, context) => {
        if (earlier === null) return (earlier = context.defer())
        return earlier
      },
    }
    await using session = await openInMemory({ tools: [tool] })
    const first = session.execute('void tools.review({}); text(await tools.review({}).catch(String))', patient)
    expect(await first).toMatchObject({ type: 'completed' })
    expect(session.ledger().map(({ state, note }) => [state, note])).toEqual([
      ['unknown', expect.stringMatching(/ended before the result/)],
      ['applied', 'tool `review` returned a deferred result that does not belong to this call'],
    ])
  })

  test('and throws after it has failed', async () => {
    const failing = (context: ToolCallContext): never => {
      context.defer()
      throw new Error('no reviewer')
    }
    expect(await failureOf(failing)).toEqual(['completed', 'failed: no reviewer', 'failed'])
  })

  test('and calls it twice, or later than its call, fails', async () => {
    expect(await failureOf((context) => [context.defer(), context.defer()])).toEqual([
      'completed',
      'failed: Cannot defer the call: context.defer() was called already',
      'failed',
    ])
    let late: (() => unknown) | null = null
    await failureOf((context) => ((late = () => context.defer()), 1))
    expect(() => late?.()).toThrow('Cannot defer the call: its tool is not running')
  })

  test.each([
    [{ expiresAt: 1, timeoutMs: 1 }, 'expected one of expiresAt and timeoutMs, got both'],
    [{ expiresAt: 'tomorrow' }, 'expected a Date or milliseconds since 1970 as expiresAt, got "tomorrow"'],
    [{ expiresAt: new Date(Number.NaN) }, 'expected a Date or milliseconds since 1970 as expiresAt, got object'],
    [{ expiresAt: Infinity }, 'expected a Date or milliseconds since 1970 as expiresAt, got null'],
    [{ timeoutMs: -1 }, 'expected a non-negative number as timeoutMs, got -1'],
    [{ timeoutMs: '5' }, 'expected a non-negative number as timeoutMs, got "5"'],
    [{ note: 5 }, 'expected a string as note, got 5'],
    [null, 'expected an object as options, got object'],
  ])('and passes the options %j fails', async (options, reason) => {
    expect(await failureOf((context) => deferWith(context, options))).toEqual([
      'completed',
      `failed: Cannot defer the call: ${reason}`,
      'failed',
    ])
  })
})

/** Objects that misbehave when they are read. */
const loop: Record<string, unknown> = {}
loop['self'] = loop
const hostile: readonly (readonly [string, unknown])[] = [
  ['a BigInt', 1n],
  ['a circle', loop],
  [
    'a throwing toJSON',
    {
      toJSON: () => {
        throw new Error('no')
      },
    },
  ],
  [
    'a throwing getter',
    {
      get a() {
        throw new Error('no')
      },
    },
  ],
  ['a revoked proxy', revoked()],
  ['a promise', Promise.resolve(1)],
  ['too many bytes', 'x'.repeat(2000)],
  ['too many levels', JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`)],
]

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** Passes a value that the types do not allow. */
async function provideAny(session: Session, key: string, input: unknown): Promise<unknown> {
  const provide: unknown = Reflect.get(session, 'provideResult')
  return typeof provide === 'function' ? await Reflect.apply(provide, session, [key, input]) : null
}

describe('session.provideResult()', () => {
  test.each(hostile)('refuses %s, and the call still waits', async (_name, result) => {
    const review = new DeferringTool()
    const limits = { maxResultBytesPerCall: 1024, maxJsonDepth: 20 }
    await using session = await openInMemory({ tools: [review.tool], limits })
    await session.execute(source, patient)
    await expect(session.provideResult(review.key(), { result })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await session.provideResult(review.key(), { result: undefined })
    expect(textsOf(await session.observe('1', patient))).toEqual(['null'])
  })

  test.each<readonly [unknown]>([[{}], [{ result: 1, error: 'x' }], [{ error: 5 }], [null], ['x'], [[]]])(
    'refuses %j',
    async (input) => {
      const review = new DeferringTool()
      await using session = await openInMemory({ tools: [review.tool] })
      await session.execute(source, patient)
      await expect(provideAny(session, review.key(), input)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    },
  )

  test('validates the result against the schema of the tool, and gives the cell its output', async () => {
    const keys: string[] = []
    const tool = defineTool({
      name: 'review',
      output: z.object({ stars: z.number().transform((stars) => stars * 10) }),
      run: (_input, context) => {
        keys.push(context.key)
        return context.defer()
      },
    })
    await using session = await openInMemory({ tools: [tool] })
    await session.execute(source, patient)
    await expect(session.provideResult(keys[0] ?? '', { result: { stars: 'many' } })).rejects.toMatchObject({
      code: 'TOOL_OUTCOME_UNKNOWN',
    })
    await session.provideResult(keys[0] ?? '', { result: { stars: 4 } })
    expect(textsOf(await session.observe('1', patient))).toEqual(['{"stars":40}'])
  })

  test('refuses a second result with the first one, unless the request is the same', async () => {
    const review = new DeferringTool()
    await using session = await openInMemory({ tools: [review.tool] })
    await session.execute(source, patient)
    const key = review.key()
    const provide = async (result: unknown, requestId?: string): Promise<void> =>
      await session.provideResult(key, { result }, requestId === undefined ? {} : { requestId })
    const both = await Promise.allSettled([provide('a', 'r1'), provide('b', 'r2'), provide('a', 'r1')])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await provide('a', 'r1')
    await expect(provide('a')).rejects.toMatchObject({
      code: 'CALL_NOT_DEFERRED',
      message: expect.stringMatching(
        /^Cannot provide the result of call ".*\/1\/tool-1": a result was provided at .*Z: "a"$/,
      ),
      details: { key },
    })
    expect(textsOf(await session.observe('1', patient))).toEqual(['a'])
  })

  test('names the reason when the call does not wait for a result', async () => {
    const review = new DeferringTool()
    const plain: Tool = { name: 'plain', call: () => 1, revert: () => undefined }
    await using session = await openInMemory({ tools: [review.tool, plain] })
    const reasonOf = async (key: string): Promise<string> =>
      await session.provideResult(key, { result: 1 }).then(
        () => 'provided',
        (error) => String(error).replace(/^.*call ".*?": /, ''),
      )
    const wait = 'await new Promise((done) => setTimeout(done, 1))'
    await session.execute(`await tools.plain({}); void tools.review({}); ${wait}; exit()`, patient)
    await session.execute('await tools.review({})', patient)
    await session.terminate('2')
    const [, exited = '', terminated = ''] = session.ledger().map(({ key }) => key)
    expect(await reasonOf('x')).toBe('the session has no call with this key')
    expect(await reasonOf(`${session.id}/1/tool-9`)).toBe('the session has no call with this key')
    expect(await reasonOf(`other/1/tool-2`)).toBe('the session has no call with this key')
    expect(await reasonOf(`${session.id}/1/tool-1`)).toBe('the call is not deferred: its state is "applied"')
    const ended = 'the cell ended before the result of the call was provided'
    expect([await reasonOf(exited), await reasonOf(terminated)]).toEqual([ended, ended])
    expect(review.signals.map(({ aborted }) => aborted)).toEqual([true, true])
    expect(await session.revert('1')).toMatchObject({
      calls: [{ type: 'unknown', text: expect.stringContaining(ended) }, { type: 'reverted' }],
    })
  })

  test('rejects after the session is closed', async () => {
    const review = new DeferringTool()
    const session = await openInMemory({ tools: [review.tool] })
    await session.execute(source, patient)
    await session.close()
    await expect(session.provideResult(review.key(), { result: 1 })).rejects.toMatchObject({ code: 'SESSION_CLOSED' })
  })

  test('makes a deferred call revertible with its result', async () => {
    const reverted: unknown[] = []
    const review = new DeferringTool({}, { revert: ({ result }) => void reverted.push(result) })
    await using session = await openInMemory({ tools: [review.tool] })
    await session.execute(source, patient)
    await session.provideResult(review.key(), { result: { id: 7 } })
    await session.observe('1', patient)
    expect(await session.revert('1')).toMatchObject({ calls: [{ type: 'reverted' }] })
    expect(reverted).toEqual([{ id: 7 }])
    await expect(session.provideResult(review.key(), { result: 1 })).rejects.toThrow(/: the call was reverted$/)
  })
})

describe('provideResult()', () => {
  test('refuses a second result, a wrong key, an ended cell and an unknown session', async () => {
    const storage = newFolder()
    const review = new DeferringTool()
    const session = await createSession({ storage, sessionId: 's', tools: [review.tool] })
    await session.execute(source, patient)
    await session.execute(source, patient)
    await session.terminate('2')
    await session.close()
    const provide = async (key: string, input: CallResultInput, requestId?: string): Promise<void> =>
      await provideResult({ storage, sessionId: 's', key, ...input, ...(requestId === undefined ? {} : { requestId }) })
    const [key = '', ended = ''] = review.keys
    await provide(key, { result: 1 }, 'r')
    await provide(key, { result: 1 }, 'r')
    const notDeferred = { code: 'CALL_NOT_DEFERRED' }
    await expect(provide(key, { error: 'no' })).rejects.toThrow(/: a result was provided at .*Z: 1$/)
    await expect(provide(`${key}0`, { result: 1 })).rejects.toMatchObject(notDeferred)
    await expect(provide(ended, { result: 1 })).rejects.toMatchObject(notDeferred)
    await expect(provide(key, { result: 1n })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(provideResult({ storage, sessionId: 'none', key, result: 1 })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    })
    await using next = await createSession({ storage, sessionId: 's', tools: [review.tool] })
    expect(textsOf(await next.observe('1', patient))).toEqual(['1'])
    // The result is on the ledger, and not in the inbox.
    await provide(key, { result: 1 }, 'r')
    await expect(provide(key, { result: 1 })).rejects.toMatchObject(notDeferred)
  })

  test('a result is validated once, and one that does not fit the schema of its tool fails the call', async () => {
    const keys: string[] = []
    const review = defineTool({
      name: 'review',
      output: z.number().transform((stars) => stars * 10),
      run: (_input, context) => {
        keys.push(context.key)
        return context.defer()
      },
    })
    const place = places['a folder']()
    const first = await place.open({ tools: [review] })
    await first.execute(source, patient)
    await first.execute(source, patient)
    await first.close()
    await place.leave(keys[0] ?? '', { result: 4 })
    await place.leave(keys[1] ?? '', { result: 'many' })
    await using session = await place.open({ tools: [review] })
    expect(textsOf(await session.observe('1', patient))).toEqual(['40'])
    expect(textsOf(await session.observe('2', patient))[0]).toMatch(/^failed: .*does not fit its schema/)
  })

  test('a result that does not fit the limits of its session fails the call', async () => {
    const place = places['a folder']()
    const review = new DeferringTool()
    const first = await place.open({ tools: [review.tool] })
    await first.execute(source, patient)
    await first.close()
    await place.leave(review.key(), { result: 'x'.repeat(2000) })
    await using session = await place.open({ tools: [review.tool], limits: { maxResultBytesPerCall: 1024 } })
    expect(textsOf(await session.observe('1', patient))[0]).toMatch(/^failed: .*result_bytes/)
  })
})
