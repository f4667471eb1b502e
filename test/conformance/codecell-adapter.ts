import { truncateItems } from '../../src/agent.ts'
import {
  createSession,
  type ContentItem,
  type HostPool,
  type CellOutcome,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../src/index.ts'
import type { Adapter, AdapterSession, CellOptions, CellResponse, SessionRequest } from './adapter.ts'
import { jsonSchemaOf } from '../../src/tools/schema/read-schema.ts'
import type { ToolSpec } from './case.ts'
import { codecellFunctions, parseExec } from './codecell-functions.ts'
import { openCodecellModel } from './codecell-model.ts'

/** Default budget of a bounded response, in tokens. */
const defaultMaxTokens = 10_000

const sessionCapabilities = [
  'session',
  'dispatch',
  'toolSpecs',
  'namespaces',
  'maxYield',
  'dropWait',
  'preempt',
  'boundedOutput',
  'closedEvents',
  'parse',
  'handlers',
  'deferred',
  'toolSearch',
] as const

/** Opens a session; `createSession` or a function with the same behavior. */
export type OpenSession = (options: SessionOptions) => Promise<Session>

/** codecell through its public interface, on hosts that the caller disposes. */
export function createCodecellAdapter(hosts: HostPool, open: OpenSession = createSession): Adapter {
  return {
    provides: new Set([...sessionCapabilities, ...[...codecellFunctions.keys()].map((name) => `functions:${name}`)]),
    functions: codecellFunctions,
    parseExec,
    openSession: async (request) => adaptSession(await open(sessionOptions(request, hosts)), request),
    openModel: async (request) =>
      await openCodecellModel((extra) => open({ ...sessionOptions(request, hosts), ...extra })),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function sessionOptions(request: SessionRequest, hosts: HostPool): SessionOptions {
  return {
    hosts,
    tools: request.tools.map((spec) => ({ ...toolFor(spec, request), deferred: request.deferAll })),
    // The cases describe the reference, in which a cell can wait indefinitely.
    deadlock: 'wait',
    overflow: request.boundedOutput ? 'cut' : 'fail',
    onNotification: ({ cellId, text }, { signal }) => request.onNotify({ cellId, text, signal }),
    onCellClosed: request.onClosed,
    ...(request.maxYieldMs === undefined ? {} : { maxYieldTimeMs: request.maxYieldMs }),
  }
}

function toolFor(spec: ToolSpec, request: SessionRequest): Tool {
  const { name, namespace, kind, description, inputSchema, outputSchema } = spec
  return {
    name,
    namespace,
    kind,
    ...(description === undefined ? {} : { description }),
    inputSchema: jsonSchemaOf(inputSchema, 'input'),
    outputSchema: jsonSchemaOf(outputSchema, 'output'),
    call: (input, { cellId, callId, signal }) =>
      request.onToolCall({ cellId, runtimeId: callId, name, namespace, kind, input, signal }),
  }
}

function adaptSession(session: Session, { boundedOutput }: SessionRequest): AdapterSession {
  const respond = (outcome: CellOutcome, maxTokens = defaultMaxTokens): CellResponse =>
    responseOf(boundedOutput ? boundOutcome(outcome, maxTokens) : outcome)
  return {
    async execute(source, { callId, maxTokens, ...options }) {
      const call = callId === undefined ? {} : { callId }
      return respond(await session.execute(source, { ...observation(options), ...call }), maxTokens)
    },
    async wait(cell, { maxTokens, ...options }) {
      return respond(await session.observe(cell, observation(options)), maxTokens)
    },
    async terminate(cell, { maxTokens }) {
      return respond(await session.terminate(cell), maxTokens)
    },
    shutdown: () => session.close(),
  }
}

/** Adds the error item and truncates to the budget, as the bounded sessions of the reference do (CM-L30 to CM-L34). */
function boundOutcome(outcome: CellOutcome, maxTokens: number): CellOutcome {
  if (outcome.type === 'missing') return outcome
  const error: ContentItem[] =
    outcome.type === 'failed' ? [{ type: 'input_text', text: `Script error:\n${outcome.errorText}` }] : []
  return { ...outcome, items: truncateItems([...outcome.items, ...error], maxTokens) }
}

function observation({ yieldMs, signal, preempt }: Omit<CellOptions, 'maxTokens'>): {
  yieldTimeMs?: number
  signal: AbortSignal
  preempt: AbortSignal
} {
  return yieldMs === undefined ? { signal, preempt } : { yieldTimeMs: yieldMs, signal, preempt }
}

function responseOf(outcome: CellOutcome): CellResponse {
  const { cellId: cell } = outcome
  switch (outcome.type) {
    case 'completed':
      return { outcome: 'result', cell, items: outcome.items, error: null }
    case 'failed':
      return { outcome: 'result', cell, items: outcome.items, error: outcome.errorText }
    case 'missing':
      return { outcome: 'missing', cell, items: [], error: outcome.errorText }
    case 'yielded':
    case 'terminated':
      return { outcome: outcome.type, cell, items: outcome.items, error: null }
    default:
      return outcome satisfies never
  }
}
