import { setTimeout as pause } from 'node:timers/promises'
import { messageOf } from '../../../src/errors.ts'
import type { Adapter, AdapterSession, CellResponse } from '../../../test/conformance/adapter.ts'
import type { ToolSpec } from '../../../test/conformance/case.ts'
import type { GeneratedCell } from './generate-cell.ts'

/** Everything that a cell did: its responses, the inputs of its calls and its notifications. */
export type PlayedCell = {
  readonly responses: readonly (CellResponse | { readonly refused: string })[]
  readonly calls: readonly unknown[]
  readonly notifications: readonly string[]
}

/** Longer than any cell takes on a busy machine. */
const yieldMs = 3000
/** Time for a response before the host counts as hung. */
const timeoutMs = 8000
/** A cell that yields once per statement has ended then. */
const maxResponses = 12

const tools: readonly ToolSpec[] = ['echo', 'fail', 'hang'].map((name) => ({
  name,
  namespace: null,
  kind: 'function',
  description: undefined,
  inputSchema: null,
  outputSchema: null,
  behaviour: { type: 'result', result: null },
}))

export async function playCell({ statements, maxTokens }: GeneratedCell, adapter: Adapter): Promise<PlayedCell> {
  const timer = new AbortController()
  const calls: unknown[] = []
  const notifications: string[] = []
  const session = await adapter.openSession({
    tools,
    maxYieldMs: undefined,
    boundedOutput: maxTokens !== null,
    deferAll: false,
    onToolCall: async ({ name, input, signal }) => {
      calls.push({ name, input })
      if (name === 'fail') throw new Error('the tool failed')
      if (name === 'hang') await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return input ?? null
    },
    onNotify: async ({ text }) => void notifications.push(text),
    onClosed: () => undefined,
  })
  try {
    const responses = await Promise.race([
      observe(session, statements.join('\n'), maxTokens ?? undefined),
      pause(timeoutMs, [{ refused: 'timeout' }], { signal: timer.signal }),
    ])
    return { responses, calls, notifications }
  } finally {
    timer.abort()
    await session.shutdown()
  }
}

async function observe(
  session: AdapterSession,
  source: string,
  maxTokens: number | undefined,
): Promise<PlayedCell['responses']> {
  const never = new AbortController().signal
  const options = { yieldMs, maxTokens, callId: undefined, signal: never, preempt: never }
  const responses: (CellResponse | { readonly refused: string })[] = []
  try {
    let response = await session.execute(source, options)
    responses.push(response)
    while (response.outcome === 'yielded' && responses.length < maxResponses) {
      response = await session.wait(response.cell, options)
      responses.push(response)
    }
  } catch (error) {
    responses.push({ refused: messageOf(error) })
  }
  return responses
}
