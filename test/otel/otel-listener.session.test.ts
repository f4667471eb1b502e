import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCodeModeTools, createSession, type CodeModeTools, type SessionOptions } from '../../src/index.ts'
import { createOtelListener, type OtelListenerOptions } from '../../src/otel.ts'
import { sharedHosts } from '../support/hosts.ts'
import { receiveTraces, told, type ReceivedSpan } from './receiver.ts'

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => context.disable())

/** Runs calls in a session, and returns the spans that a receiver got through the real SDK. */
async function spansFrom(
  run: (model: CodeModeTools) => Promise<unknown>,
  { tools = [], ...options }: OtelListenerOptions & Pick<SessionOptions, 'tools' | 'approvals'> = {},
): Promise<readonly ReceivedSpan[]> {
  const { approvals = {}, ...given } = options
  await using receiver = await receiveTraces()
  const exporter = new OTLPTraceExporter({ url: receiver.url })
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('test')
  const listener = await createOtelListener({ tracer, ...given })
  const session = await createSession({
    hosts: sharedHosts('in-process'),
    tools,
    listeners: [listener],
    approvals,
  })
  await tracer.startActiveSpan('agent', async (span) => {
    await run(createCodeModeTools(session))
    span.end()
  })
  await session.close()
  await provider.forceFlush()
  await provider.shutdown()
  // The span of the agent and the first span of the session can start in the same millisecond.
  const start = ({ name, startTimeUnixNano }: ReceivedSpan): bigint =>
    name === 'agent' ? 0n : BigInt(startTimeUnixNano)
  return receiver.spans.toSorted((left, right) => (start(left) < start(right) ? -1 : 1))
}

test('the spans of a cell and its nested calls are below the active span', async () => {
  const spans = await spansFrom(
    async (model) => {
      await model.exec.call(
        `await Promise.all([tools.add({ a: 1 }), tools.files__read({ path: 'x' }), tools.fails({}).catch(() => {})])
         text('done')`,
        { callId: 'call-1' },
      )
    },
    {
      conversationId: 'chat-1',
      tools: [
        { name: 'add', call: () => 2 },
        { name: 'read', namespace: 'files', server: 'files', call: () => 'text' },
        {
          name: 'fails',
          call() {
            throw new Error('a secret')
          },
        },
      ],
    },
  )
  const nested = (tool: string, number: number): object => ({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': `1#${number}`,
    'gen_ai.conversation.id': 'chat-1',
    'codecell.cell.id': '1',
  })
  const plain = { parent: 'execute_tool exec', kind: 1, events: [] }
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect(spans.map((span) => told(span, spans))).toEqual([
    { name: 'agent', parent: null, kind: 1, attributes: {}, events: [], status: { code: 0 } },
    {
      name: 'execute_tool exec',
      parent: 'agent',
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'exec',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call-1',
        'gen_ai.conversation.id': 'chat-1',
        'codecell.cell.id': '1',
        'codecell.status': 'completed',
      },
      events: [],
      status: { code: 0 },
    },
    {
      ...plain,
      name: 'execute_tool add',
      attributes: { ...nested('add', 1), 'codecell.status': 'completed' },
      status: { code: 0 },
    },
    {
      ...plain,
      name: 'execute_tool read',
      attributes: {
        ...nested('read', 2),
        'mcp.method.name': 'tools/call',
        'codecell.mcp.server': 'files',
        'codecell.status': 'completed',
      },
      status: { code: 0 },
    },
    {
      ...plain,
      name: 'execute_tool fails',
      attributes: { ...nested('fails', 3), 'codecell.status': 'failed', 'error.type': 'tool_error' },
      status: { code: 2 },
    },
  ])
})

test('the span of a cell has yields, waits, notifications and approvals as events', async () => {
  const spans = await spansFrom(
    async (model) => {
      const { cellId } = await model.exec.call(
        `notify('halfway'); await tools.asks({ x: 1 }); yield_control()
         await new Promise((go) => setTimeout(go, 5)); text('end')`,
        { callId: 'call-1' },
      )
      await model.wait.call({ cell_id: cellId }, { callId: 'call-2' })
    },
    {
      captureContent: true,
      approvals: { onRequest: () => ({ type: 'allow' }) },
      tools: [{ name: 'asks', needsApproval: 'ask', call: () => 1 }],
    },
  )
  expect(spans.slice(1).map((span) => told(span, spans))).toEqual([
    {
      name: 'execute_tool exec',
      parent: 'agent',
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'exec',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call-1',
        'codecell.cell.id': '1',
        'codecell.status': 'completed',
        'gen_ai.tool.call.arguments': expect.stringContaining("notify('halfway')"),
        'gen_ai.tool.call.result': 'end',
      },
      events: [
        { name: 'codecell.approval', 'gen_ai.tool.call.id': 'tool-1', 'codecell.status': 'asked' },
        { name: 'codecell.approval', 'gen_ai.tool.call.id': 'tool-1', 'codecell.status': 'allowed' },
        { name: 'codecell.notification', 'codecell.status': 'delivered', 'codecell.text': 'halfway' },
        {
          name: 'codecell.wait',
          'gen_ai.tool.call.id': 'call-2',
          'codecell.status': 'completed',
          'codecell.duration_ms': 'some',
        },
        { name: 'codecell.yield' },
      ],
      status: { code: 0 },
    },
    {
      name: 'execute_tool asks',
      parent: 'execute_tool exec',
      kind: 1,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'asks',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': '1#1',
        'codecell.cell.id': '1',
        'codecell.status': 'completed',
        'gen_ai.tool.call.arguments': '{"x":1}',
        'gen_ai.tool.call.result': '1',
      },
      events: [],
      status: { code: 0 },
    },
  ])
})

test('the span of a failed cell has an error, and the span of a terminated cell has none', async () => {
  const spans = await spansFrom(
    async (model) => {
      await model.exec.call('throw new Error("bad")', { callId: 'call-1' })
      await model.exec.call('// @exec: {"bad": 1}\ntext(1)', { callId: 'call-2' }).catch(() => undefined)
      await model.wait.call({ cell_id: '98' }, { callId: 'call-3' })
      await model.wait.call('{"cell_id"', { callId: 'call-4' }).catch(() => undefined)
      const { cellId } = await model.exec.call('tools.never({}); yield_control(); await new Promise(() => {})')
      await model.wait.call({ cell_id: cellId, terminate: true }, { callId: 'call-5' })
      await model.exec.call('const n: number = 1; text(n)', { callId: 'call-6' })
    },
    { captureContent: true, tools: [{ name: 'never', call: () => new Promise(() => undefined) }] },
  )
  const outlines = spans.slice(1).map(({ name, attributes, events, status }) => {
    const valueOf = (key: string): unknown => Object.values(attributes.find((each) => each.key === key)?.value ?? {})[0]
    return [name, valueOf('codecell.status'), valueOf('error.type'), status.code, events.map((event) => event.name)]
  })
  expect(outlines).toEqual([
    ['execute_tool exec', 'failed', 'script_error', 2, []],
    ['execute_tool exec', 'failed', 'tool_error', 2, []],
    ['execute_tool wait', 'failed', 'tool_error', 2, []],
    ['execute_tool wait', 'failed', 'tool_error', 2, []],
    ['execute_tool exec', 'terminated', undefined, 0, ['codecell.yield', 'codecell.wait']],
    ['execute_tool never', 'cancelled', undefined, 0, []],
    ['execute_tool exec', 'completed', undefined, 0, []],
  ])
  expect(spans[1]?.status.message).toContain('Error: bad')
})
