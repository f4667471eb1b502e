import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startScriptedModel, type ScriptedModel, type ScriptedModelOptions } from './model/scripted-model.ts'
import type { ScriptedReply } from './model/scripted-reply.ts'
import type { RunRecord } from '../../src/cli/eval/runs/run-record.ts'
import { runEval, smallTasks, type EvalOptions } from './run-eval.ts'

const apis = ['openai-chat', 'openai-responses', 'anthropic'] as const

/** Runs the small task once in a mode. */
async function runOnce(
  server: ScriptedModel,
  {
    mode = 'plain',
    flags = [],
    ...options
  }: EvalOptions & { readonly mode?: string; readonly flags?: readonly string[] } = {},
): Promise<RunRecord & { readonly code: number | null; readonly err: string }> {
  const { records, code, err } = await runEval(server, ['--mode', mode, '--no-trace', ...flags], {
    tasks: smallTasks(),
    ...options,
  })
  const [record] = records
  if (record === undefined) throw new Error(`no run: ${err}`)
  return { ...record, code, err }
}

/** Starts a model with one reply for each request. The last one is repeated. */
async function startReplies(
  replies: readonly ScriptedReply[],
  options: Pick<ScriptedModelOptions, 'fault'> = {},
): Promise<ScriptedModel> {
  let count = 0
  return await startScriptedModel({ ...options, reply: () => replies[Math.min(count++, replies.length - 1)] ?? {} })
}

const right = { text: 'ANSWER: paid' }
const order = (
  id: string,
  input: object | string = { order_id: 1042 },
): { id: string; name: string; input: object | string } => ({
  id,
  name: 'mcp__shop__get_order',
  input,
})

describe('requests that fail for a time are sent again', () => {
  test.each([
    ['429 with retry-after-ms', { status: 429, headers: { 'retry-after-ms': '1' } }],
    ['429 with retry-after', { status: 429, headers: { 'retry-after': '0' } }],
    ['429 with a date', { status: 429, headers: { 'retry-after': new Date(0).toUTCString() } }],
    ['500', { status: 500, headers: { 'retry-after': '0' } }],
    ['529', { status: 529, headers: { 'retry-after': '0' } }],
    ['503 that is not JSON', { status: 503, headers: { 'retry-after': '0' }, body: '<html>' }],
    ['a lost connection', 'cut'],
    ['a response that is not JSON', { status: 200, body: 'data: {' }],
    ['a response of another form', { status: 200, body: '{"object":"list"}' }],
  ] as const)('after %s', async (_name, fault) => {
    await using server = await startReplies([right], { fault: (number) => (number === 0 ? fault : null) })
    const record = await runOnce(server)
    expect(record).toMatchObject({ status: 'passed', retries: 1, turns: 1, code: 0 })
  })

  test('until the retries are used up, which is an error of the run', async () => {
    const fault = { status: 503, headers: { 'retry-after': '0' }, body: '{"error":"overloaded"}' }
    await using server = await startReplies([right], { fault: () => fault })
    const record = await runOnce(server, { flags: ['--retries', '3'] })
    expect(record).toMatchObject({ status: 'error', retries: 3, code: 1 })
    expect(record.reasons).toEqual(['the endpoint responded with 503: {"error":"overloaded"}'])
    expect(server.count).toBe(4)
  })

  test('and the wait does not count as time of the run', async () => {
    const fault = { status: 429, headers: { 'retry-after-ms': '1500' } }
    await using server = await startReplies([right], { fault: (number) => (number === 0 ? fault : null) })
    const record = await runOnce(server)
    expect(record.status).toBe('passed')
    expect(record.durationMs).toBeLessThan(1400)
  })
})

describe('requests that the endpoint refuses', () => {
  test.each([401, 403, 404])('with %i stop the evaluation', async (status) => {
    await using server = await startReplies([right], { fault: () => ({ status, body: '{"error":"no"}' }) })
    const { records, code, err } = await runEval(server, ['--repeat', '5', '--concurrency', '1'], {
      tasks: smallTasks(),
    })
    expect(records).toHaveLength(1)
    expect(code).toBe(1)
    expect(err).toContain('Stopped: the endpoint refuses every request')
  })

  test('with 400 at first are an error, and later a failure of the run', async () => {
    const fault = { status: 400, body: '{"error":"the context is too long"}' }
    await using first = await startReplies([right], { fault: () => fault })
    expect(await runOnce(first)).toMatchObject({ status: 'error', turns: 0, retries: 0 })
    await using later = await startReplies([{ calls: [order('a')] }], {
      fault: (number) => (number === 1 ? fault : null),
    })
    const record = await runOnce(later)
    expect(record).toMatchObject({ status: 'failed', turns: 1, code: 0 })
    expect(record.reasons[0]).toContain('the context is too long')
  })

  test('with a redirect are an error, and the redirect is not followed', async () => {
    await using server = await startReplies([right], {
      fault: () => ({ status: 307, headers: { location: '/v1/elsewhere' } }),
    })
    expect(await runOnce(server)).toMatchObject({ status: 'error', retries: 0 })
    expect(server.count).toBe(1)
  })
})

describe.each(apis)('over the API %s', (api) => {
  test.each([
    ['malformed arguments', [{ calls: [order('a', '{"order_id": 10')] }, right], 2],
    ['arguments that are not an object', [{ calls: [order('a', '[1]')] }, right], 2],
    ['a call of an unknown tool', [{ calls: [{ id: 'a', name: 'no_such_tool', input: {} }] }, right], 2],
    ['a call of exec in plain mode', [{ calls: [{ id: 'a', name: 'exec', input: { code: 'text(1)' } }] }, right], 2],
    ['parallel calls', [{ calls: [order('a'), order('b'), order('c', { order_id: 1 })] }, right], 2],
    ['a text with a call', [{ text: 'I look.', calls: [order('a')] }, right], 2],
  ] as const)('the model gets a result for %s', async (_name, replies, turns) => {
    await using server = await startReplies(replies)
    const record = await runOnce(server, { api })
    expect({ ...record, refusals: server.refusals }).toMatchObject({ status: 'passed', turns, refusals: [] })
    const [request] = server.requests.slice(-1)
    expect(request?.results).toHaveLength(replies[0].calls.length)
    for (const { text } of request?.results ?? []) expect(text).not.toBe('')
  })

  test.each([
    ['a refusal', { stop: 'refusal', text: 'I must not.' }, 'the model refused: I must not.'],
    ['an empty response', {}, 'the model returned neither a text nor a call'],
    ['a truncated response', { stop: 'length', text: 'I thi' }, 'a response reached the maximum of output tokens'],
    ['a text without an answer', { text: 'It is paid.' }, 'the final message has no line "ANSWER: …"'],
    ['a wrong answer', { text: 'ANSWER: packed' }, 'expected the answer "paid", got "packed"'],
  ] as const)('%s fails the run', async (_name, reply, reason) => {
    await using server = await startReplies([reply])
    expect(await runOnce(server, { api })).toMatchObject({ status: 'failed', reasons: [reason], code: 0 })
  })
})

describe('a run ends at its limits', () => {
  const endless = { calls: [order('a')] }

  test('of turns, of the flag or of the task', async () => {
    await using server = await startReplies([endless])
    expect(await runOnce(server, { flags: ['--max-turns', '3'] })).toMatchObject({
      status: 'failed',
      turns: 3,
      reasons: ['the run exceeded 3 turns'],
    })
    const tasks = smallTasks({ limits: { maxTurns: 2 } })
    expect(await runOnce(server, { tasks })).toMatchObject({ turns: 2, reasons: ['the run exceeded 2 turns'] })
  })

  test('of tokens', async () => {
    await using server = await startReplies([endless])
    const record = await runOnce(server, { flags: ['--max-tokens', '1'] })
    expect(record).toMatchObject({ status: 'failed', turns: 1, reasons: ['the run exceeded 1 tokens'] })
  })

  test.each(['plain', 'code'])('of time in mode %s, also while the model does not respond', async (mode) => {
    await using server = await startScriptedModel({ reply: () => new Promise(() => undefined) })
    const tasks = smallTasks({ limits: { maxSeconds: 1 } })
    expect(await runOnce(server, { mode, tasks })).toMatchObject({
      status: 'failed',
      reasons: ['the run exceeded 1 s'],
    })
  })

  test('of time while a program runs', async () => {
    await using server = await startReplies([
      { calls: [{ id: 'a', name: 'exec', input: { code: 'await new Promise(() => setTimeout(() => 0, 1e8))' } }] },
    ])
    const tasks = smallTasks({ limits: { maxSeconds: 1 } })
    expect(await runOnce(server, { mode: 'code', tasks })).toMatchObject({ reasons: ['the run exceeded 1 s'] })
  })
})

test.each([
  ['a server that does not start', { command: 'node', args: ['-e', 'process.exit(3)'] }, 'Cannot start MCP servers'],
  ['a command that does not exist', { command: '/no/such/program' }, 'Cannot start MCP servers'],
])('%s is an error of the run with its reason', async (_name, entry, reason) => {
  await using server = await startReplies([right])
  const tasks = smallTasks()
  writeFileSync(join(tasks, 'mcp.json'), JSON.stringify({ mcpServers: { shop: entry } }))
  const record = await runOnce(server, { tasks })
  expect(record).toMatchObject({ status: 'error', turns: 0, code: 1 })
  expect(record.reasons[0]).toContain(reason)
  expect(server.count).toBe(0)
})
