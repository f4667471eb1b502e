import type { JsonObject } from '../../protocol/json.ts'
import type { WaitPolicy } from './wait-backoff.ts'
import { defaultMaxOutputTokens } from '../response/response.ts'
import { waitYieldTimeMs } from '../input/yield-time.ts'

/** `wait` as a function tool of the Responses API. */
export type WaitToolSpec = {
  readonly type: 'function'
  readonly name: 'wait'
  readonly description: string
  readonly strict: false
  readonly parameters: JsonObject
}

const returnsWhen: Readonly<Record<WaitPolicy, string>> = {
  exact: 'It returns when the script ends or yields, or after `yield_time_ms`.',
  backoff:
    'It returns when the script ends, yields or needs you, or after a long silence: `yield_time_ms` is a hint, and short values are raised.',
}

const severalText = `
- \`cell_ids\` names further scripts: the first one with news ends the wait, and the response covers all.`

/** Returns the description of `wait`. */
export function waitDescription(waitPolicy: WaitPolicy = 'backoff'): string {
  return `Waits for a running script started by \`exec\`.

- Call it only after \`exec\` or \`wait\` returned "Script running with cell ID ...", and pass that id as \`cell_id\`.
- It returns the output since the previous response, never anything twice.
- ${returnsWhen[waitPolicy]} If the response says that the script is still running, call \`wait\` again. A script keeps running between calls.
- When a response says that the script completed, failed or was terminated, the cell is closed and its id is invalid.
- \`terminate: true\` stops the script at once and returns its remaining output; \`yield_time_ms\` then has no effect. \`catch\` and \`finally\` blocks do not run.${waitPolicy === 'backoff' ? severalText : ''}`
}

/** Returns the declaration of `wait` for a model. Only the policy `backoff` has `cell_ids`. */
export function waitToolSpec(waitPolicy: WaitPolicy = 'backoff'): WaitToolSpec {
  return {
    type: 'function',
    name: 'wait',
    description: waitDescription(waitPolicy),
    strict: false,
    parameters: {
      type: 'object',
      properties: {
        cell_id: { type: 'string', description: 'The cell ID of the running script' },
        ...(waitPolicy === 'backoff' ? several : {}),
        max_tokens: {
          type: 'number',
          description: `Output budget of this response in tokens; default ${defaultMaxOutputTokens}`,
        },
        terminate: { type: 'boolean', description: 'Stop the script; default false' },
        yield_time_ms: {
          type: 'number',
          description: `Time until a response that the script is still running, in milliseconds; default ${waitYieldTimeMs}`,
        },
      },
      required: ['cell_id'],
      additionalProperties: false,
    },
  }
}

const several = {
  cell_ids: { type: 'array', items: { type: 'string' }, description: 'Further cell IDs to watch in the same wait' },
} as const
