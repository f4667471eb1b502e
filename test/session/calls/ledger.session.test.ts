import { expect, test } from 'vitest'
import { CodecellError, createSession, type LedgerEntry, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

const never = (): Promise<never> => new Promise(() => undefined)

const tools: readonly Tool[] = [
  { name: 'echo', inputSchema: { type: 'object', properties: { n: { type: 'number' } } }, call: (input) => input },
  {
    name: 'throws',
    call: () => {
      throw new Error('no such file')
    },
  },
  {
    name: 'broken',
    call: () => {
      throw new CodecellError('TOOL_OUTCOME_UNKNOWN', 'the connection broke')
    },
  },
  { name: 'refuses', server: 'files', call: () => ({ content: [], isError: true }) },
  { name: 'asks', needsApproval: 'ask', call: () => 'done' },
  { name: 'large', call: () => 'x'.repeat(2000) },
  { name: 'never', call: never },
]

type Row = Pick<LedgerEntry, 'state' | 'note' | 'identifier' | 'input' | 'key'> & { readonly times: string }

function rowOf({ state, note, identifier, input, key, startedAt, endedAt }: LedgerEntry): Row {
  return { state, note, identifier, input, key, times: `${startedAt !== null} ${endedAt !== null}` }
}

test.each<[string, string, Partial<Row>]>([
  ['a tool that returns', 'await tools.echo({ n: 1 })', { state: 'applied', note: null, input: '{"n":1}' }],
  ['a tool that throws', 'await tools.throws().catch(() => 0)', { state: 'failed', note: 'no such file' }],
  [
    'a tool that does not know its outcome',
    'await tools.broken().catch(() => 0)',
    { state: 'unknown', note: 'the connection broke' },
  ],
  ['an MCP tool whose result is an error', 'await tools.refuses()', { state: 'failed', note: null }],
  [
    'an input that does not match its schema',
    'await tools.echo({ n: "x" }).catch(() => 0)',
    { state: 'not_started', times: 'false true' },
  ],
  [
    'a call that needs an approval, without an approver',
    'await tools.asks().catch(() => 0)',
    { state: 'not_started', times: 'false true' },
  ],
  [
    'a result over the limit',
    'await tools.large().catch(() => 0)',
    {
      state: 'applied',
      note: 'resource limit exceeded: code=resource_exhausted resource=result_bytes limit=1000 observed=2002',
    },
  ],
  [
    'a tool that times out',
    'await tools.never().catch(() => 0)',
    {
      state: 'unknown',
      note: 'resource limit exceeded: code=resource_exhausted resource=tool_timeout_ms limit=100 observed=100',
    },
  ],
  [
    'a call that its cell does not await',
    'void tools.never()',
    { state: 'unknown', note: 'the cell ended before the tool returned' },
  ],
])('the ledger records %s', async (_, source, expected) => {
  await using session = await createSession({
    sessionId: 'books',
    hosts: sharedHosts('in-process'),
    tools,
    limits: { maxResultBytesPerCall: 1000, toolTimeoutMs: 100 },
  })
  expect(await session.execute(source)).toMatchObject({ type: 'completed' })
  const rows = session.ledger('1').map(rowOf)
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ key: 'books/1/tool-1', times: 'true true', ...expected })
  expect(session.ledger()).toEqual(session.ledger('1'))
})

test('the ledger records a result that arrives after the tool timed out', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [{ name: 'slow', call: () => promise }],
    limits: { toolTimeoutMs: 20 },
  })
  await session.execute('await tools.slow().catch(() => 0)')
  expect(session.ledger().map(({ state }) => state)).toEqual(['unknown'])
  resolve('late')
  await expect.poll(() => session.ledger().map(({ state }) => state)).toEqual(['applied'])
})

test('a tool receives the key that the ledger records', async () => {
  const keys: string[] = []
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [{ name: 'note', call: (_input, { key }) => keys.push(key) }],
  })
  await session.execute('await Promise.all([tools.note(), tools.note()])')
  await session.execute('await tools.note()')
  expect(keys).toEqual(session.ledger().map(({ key }) => key))
  expect(keys).toEqual(['1/tool-1', '1/tool-2', '2/tool-1'].map((name) => `${session.id}/${name}`))
})

test('a repeated request returns its response again and starts no second cell', async () => {
  await using session = await createSession({ hosts: sharedHosts('in-process') })
  const request = { requestId: 'call-1' }
  const first = await session.execute('text(Math.random())', request)
  expect(await session.execute('text(Math.random())', request)).toEqual({ ...first, isReplay: true })
  await expect(session.execute('text(1)', request)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  expect(await session.execute('text(2)')).toMatchObject({ cellId: '2' })
  await session.execute('text("a"); yield_control(); await new Promise(() => 0)', { requestId: 'call-2' })
  const ended = await session.terminate('3', { requestId: 'call-3' })
  expect(ended).toMatchObject({ type: 'terminated' })
  expect(await session.terminate('3', { requestId: 'call-3' })).toEqual({ ...ended, isReplay: true })
  expect(await session.terminate('3')).toMatchObject({ type: 'missing' })
})
