import { setTimeout as pause } from 'node:timers/promises'
import type { Adapter, AdapterSession, SessionRequest } from '../../test/conformance/adapter.ts'
import { ReferenceHost } from './reference-host.ts'
import { record, responseFromWire, toolToWire } from './wire.ts'

const capabilities = [
  'session',
  'rawInput',
  'namespaces',
  'maxYield',
  'dropWait',
  'preempt',
  'boundedOutput',
  'closedEvents',
]

export type ReferenceAdapterOptions = {
  /** Time for a session to close before its host is killed, in milliseconds. Default: 3000. */
  readonly closeMs?: number
}

/** The stand-alone host of the reference. A host that exits or hangs is replaced for the next session. */
export function createReferenceAdapter(executable: string, { closeMs = 3000 }: ReferenceAdapterOptions = {}): Adapter {
  let host: ReferenceHost | null = null
  let sessionCount = 0

  async function openSession(request: SessionRequest): Promise<AdapterSession> {
    if (host === null || host.endReason !== null) host = await ReferenceHost.start(executable)
    const sessionId = `session-${++sessionCount}`
    await host.openSession(sessionId, request)
    return adaptSession(host, sessionId, request, closeMs)
  }

  return {
    provides: new Set([...capabilities, 'functions:normalizeName']),
    functions: new Map([['normalizeName', (name) => identifierOf(String(name), openSession)]]),
    openSession,
    openModel: () =>
      Promise.reject(new Error('Cannot open the model side of the reference: its host does not have one')),
    parseExec: () => {
      throw new Error('Cannot parse exec input with the reference: its host does not have a parser')
    },
    async [Symbol.asyncDispose]() {
      host?.kill()
    },
  }
}

function adaptSession(
  host: ReferenceHost,
  sessionId: string,
  { tools }: SessionRequest,
  closeMs: number,
): AdapterSession {
  let callCount = 0
  return {
    async execute(source, { yieldMs, maxTokens, callId, signal, preempt }) {
      const body = {
        tool_call_id: callId ?? `call-${++callCount}`,
        enabled_tools: tools.map(toolToWire),
        source,
        yield_time_ms: yieldMs ?? null,
        max_output_tokens: maxTokens ?? null,
      }
      const response = await host.execute({ method: 'session/execute', sessionId, request: body }, { signal, preempt })
      return responseFromWire(response, false)
    },
    async wait(cell, { yieldMs, maxTokens, signal, preempt }) {
      const body = { cell_id: cell, yield_time_ms: yieldMs ?? 10_000 }
      const budget = maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }
      const answer = await host.ask(
        { method: 'session/wait', sessionId, request: body, ...budget },
        { signal, preempt },
      )
      return observed(answer)
    },
    async terminate(cell, { maxTokens }) {
      const budget = maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }
      return observed(await host.ask({ method: 'session/terminate', sessionId, cellId: cell, ...budget }))
    },
    async shutdown() {
      const timer = new AbortController()
      const closing = host.ask({ method: 'session/shutdown', sessionId }).catch(() => undefined)
      const late = pause(closeMs, 'late', { signal: timer.signal })
      if ((await Promise.race([closing, late])) === 'late') host.kill()
      timer.abort()
    },
  }
}

function observed(answer: Record<string, unknown>): ReturnType<typeof responseFromWire> {
  const outcome = record(answer, 'outcome')
  const isMissing = Object.hasOwn(outcome, 'MissingCell')
  return responseFromWire(record(outcome, isMissing ? 'MissingCell' : 'LiveCell'), isMissing)
}

/** Returns the identifier of the reference for a name, from `ALL_TOOLS`. */
async function identifierOf(
  name: string,
  openSession: (request: SessionRequest) => Promise<AdapterSession>,
): Promise<unknown> {
  const never = new AbortController().signal
  const session = await openSession({
    tools: [
      {
        name,
        namespace: null,
        kind: 'function',
        description: undefined,
        inputSchema: null,
        outputSchema: null,
        behaviour: { type: 'result', result: null },
      },
    ],
    maxYieldMs: undefined,
    boundedOutput: false,
    deferAll: false,
    onToolCall: async () => null,
    onNotify: async () => undefined,
    onClosed: () => undefined,
  })
  const options = { yieldMs: undefined, maxTokens: undefined, callId: undefined, signal: never, preempt: never }
  const { items } = await session.execute('text(ALL_TOOLS[0].name)', options)
  await session.shutdown()
  const [item] = items
  return typeof item === 'object' && item !== null && 'text' in item ? item.text : null
}
