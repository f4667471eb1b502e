import { describe, expect, expectTypeOf, test } from 'vitest'
import { CodecellError, createHostPool, createSession, defineTool } from '../../src/index.ts'
import { openApiTools } from '../../src/openapi.ts'
import { callContext } from '../fixtures/call-context.ts'
import { startEchoServer } from '../fixtures/echo-http-server.ts'
import { sharedHosts } from '../support/hosts.ts'

const hosts = sharedHosts('in-process')

/** Returns what a function throws. */
async function thrownBy(callback: () => unknown): Promise<unknown> {
  try {
    await callback()
  } catch (error) {
    return error
  }
  return null
}

const open = (options: object) => (): unknown => createSession({ hosts, ...options })

test.each<[string, () => unknown, object]>([
  ['an unknown option', open({ storag: 1 }), { option: 'createSession.storag' }],
  [
    'an option of a wrong type',
    open({ checkInputs: 'yes' }),
    { option: 'createSession.checkInputs', value: 'yes', expected: 'true or false' },
  ],
  [
    'an option without its choices',
    open({ approvals: { hints: 'all' } }),
    { option: 'approvals.hints', value: 'all', expected: 'one of "none", "destructive", "writes"' },
  ],
  [
    'an object instead of a function',
    open({ onWarning: { secret: 'x' } }),
    { option: 'createSession.onWarning', expected: 'a function' },
  ],
  ['an unknown limit', open({ limits: { maxCells: 1 } }), { option: 'limits.maxCells' }],
  [
    'a limit out of range',
    open({ limits: { maxMemoryMbPerCell: 0 } }),
    { option: 'limits.maxMemoryMbPerCell', value: 0, expected: expect.stringMatching(/^an integer from \d+ to \d+$/) },
  ],
  [
    'a number out of range',
    () => createHostPool({ size: 0 }),
    { option: 'size', value: 0, expected: 'an integer from 1 to 64' },
  ],
  [
    'a schema that is none',
    () => defineTool({ name: 'add', input: { parse: () => 1 }, run: () => 1 }),
    { option: 'tools.add.input', expected: 'JSON Schema or a Standard Schema with JSON Schema' },
  ],
])('INVALID_OPTION has the option in its details: %s', async (_name, callback, details) => {
  const error = await thrownBy(callback)
  expect(CodecellError.is(error, 'INVALID_OPTION') && error.details).toEqual(details)
})

describe('a session', () => {
  test('throws LIMIT_EXCEEDED with the limit in its details', async () => {
    await using session = await createSession({ hosts, limits: { maxSourceBytes: 10, maxCellsPerSession: 1 } })
    const long = await thrownBy(() => session.execute('0123456789a'))
    expect(long).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'maxSourceBytes', max: 10, observed: 11 },
    })
    await session.execute('for(;;){}', { yieldTimeMs: 1 })
    const second = await thrownBy(() => session.execute('1'))
    expect(second).toMatchObject({ details: { limit: 'maxCellsPerSession', max: 1, observed: 2 } })
  })

  test('throws errors about a cell with its id in their details', async () => {
    await using session = await createSession({ hosts })
    await session.execute('await new Promise((done) => setTimeout(done, 60_000))', { yieldTimeMs: 0 })
    const observed = session.observe('1')
    expect(await thrownBy(() => session.observe('1'))).toMatchObject({ code: 'CELL_BUSY', details: { cellId: '1' } })
    expect(await thrownBy(() => session.revert('1'))).toMatchObject({ code: 'CELL_RUNNING', details: { cellId: '1' } })
    expect(await thrownBy(() => session.revert('2'))).toMatchObject({
      code: 'CELL_NOT_FOUND',
      details: { cellId: '2' },
    })
    expect(await thrownBy(() => session.decide('x', { type: 'allow' }))).toMatchObject({
      code: 'APPROVAL_NOT_PENDING',
      details: { key: 'x' },
    })
    await session.terminate('1')
    expect(await observed).toMatchObject({ type: 'terminated' })
  })
})

test('an error without details has null', () => {
  expect(new CodecellError('SESSION_CLOSED', 'closed').details).toBeNull()
  expect(CodecellError.is(new CodecellError('SESSION_CLOSED', 'closed'), 'SESSION_LOST')).toBe(false)
  expect(CodecellError.is(null, 'SESSION_LOST')).toBe(false)
})

test('the code of an error decides the type of its details', () => {
  const error: unknown = new CodecellError('LIMIT_EXCEEDED', 'too much', {
    details: { limit: 'maxSourceBytes', max: 1, observed: 2 },
  })
  if (!CodecellError.is(error, 'LIMIT_EXCEEDED')) throw new TypeError('it has another code')
  expectTypeOf(error.details).toEqualTypeOf<{
    readonly limit: string
    readonly max: number
    readonly observed: number
  } | null>()
  // @ts-expect-error -- this code has no details
  expect(new CodecellError('SESSION_CLOSED', 'closed', { details: { limit: 'x' } }).code).toBe('SESSION_CLOSED')
})

test('TOOL_FAILED has the response of an HTTP API in its details', async () => {
  const answer = {
    status: 429,
    headers: { 'content-type': 'application/problem+json', 'retry-after': '3' },
    body: '{"title":"Slow down"}',
  }
  await using server = await startEchoServer(() => answer)
  const paths = { '/a': { get: { operationId: 'a' } } }
  const [tool] = openApiTools({ openapi: '3.1.0', info: {}, servers: [{ url: server.url }], paths })
  const error = await thrownBy(() => tool?.call({}, callContext()))
  const problem = { title: 'Slow down' }
  expect(CodecellError.is(error, 'TOOL_FAILED') && error.details).toEqual({
    status: 429,
    retryAfterMs: 3000,
    body: problem,
    problem,
  })
})
