import { setTimeout as pause } from 'node:timers/promises'
import { isRecord } from '../../src/protocol/json.ts'
import type { AdapterToolCall } from './adapter.ts'
import type { ToolSpec } from './case.ts'
import type { Gates } from './gates.ts'

/** Runs the tool of a case. A rejection is a failure of the tool. */
export function callTool(spec: ToolSpec, call: AdapterToolCall, gates: Gates): Promise<unknown> {
  switch (spec.behaviour.type) {
    case 'result':
      return Promise.resolve(spec.behaviour.result)
    case 'error':
      return Promise.reject(new ToolFailure(spec.behaviour.text))
    case 'standard':
      return standardBehaviour(spec.behaviour.name)(call, gates)
    default:
      return spec.behaviour satisfies never
  }
}

/** A failure whose text is the whole message, even if it is empty. */
export class ToolFailure extends Error {
  override readonly name = ''
}

type StandardBehaviour = (call: AdapterToolCall, gates: Gates) => Promise<unknown>

function standardBehaviour(name: string): StandardBehaviour {
  const behaviour = standardBehaviours.get(name)
  if (behaviour === undefined) throw new TypeError(`Cannot call tool "${name}": it has no behaviour of that name`)
  return behaviour
}

const standardBehaviours: ReadonlyMap<string, StandardBehaviour> = new Map<string, StandardBehaviour>([
  ['echo', async ({ input }) => input ?? {}],
  ['shout', async ({ input }) => String(input).toUpperCase()],
  ['fail', async () => Promise.reject(new ToolFailure('tool failed: nope'))],
  [
    'boom',
    () => {
      throw new TypeError('boom')
    },
  ],
  // waits because the case gives this tool a duration
  ['slow', ({ input, signal }) => pause(Number(member(input, 'ms')), member(input, 'value') ?? null, { signal })],
  ['gate', ({ input, signal }, gates) => gates.pass(keyOf(input), signal)],
  ['hang', ({ signal }) => cancelled(signal)],
  ['answer', async ({ input }) => member(input, 'v') ?? null],
  ['rawname', async ({ name }) => name],
])

function keyOf(input: unknown): string {
  const key = member(input, 'k')
  return typeof key === 'string' ? key : ''
}

function member(input: unknown, name: string): unknown {
  return isRecord(input) ? input[name] : undefined
}

/** Rejects when the signal aborts. */
export function cancelled(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  if (signal.aborted) reject(new Error('cancelled'))
  signal.addEventListener('abort', () => reject(new Error('cancelled')), { once: true })
  return promise
}
