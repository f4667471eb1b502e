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

const answersWhen: Readonly<Record<WaitPolicy, string>> = {
  exact:
    'It answers when the script ends, when the script yields, or after `yield_time_ms`. The answer can again be that the script is running; then call `wait` again. A script keeps running between calls.',
  backoff:
    'It answers when the script ends, when it yields or needs you, or when it has been silent for long: `yield_time_ms` is a wish, and short ones are raised. The answer can again be that the script is running; then call `wait` again. A script keeps running between calls.',
}

const severalText = `
- \`cell_ids\` names further scripts: the first that has something to say ends the wait, and all answer.`

/** What a model is told about `wait`. */
export function waitDescription(waitPolicy: WaitPolicy = 'backoff'): string {
  return `Goes on with a script that \`exec\` left running.

- Call it only after \`exec\` or \`wait\` answered "Script running with cell ID ...", and pass that id as \`cell_id\`.
- It returns what the script has put out since the previous answer, never anything twice.
- ${answersWhen[waitPolicy]}
- The answer that says the script completed, failed or was terminated is the last one: the cell is closed and its id is no longer known.
- \`terminate: true\` stops the script at once and returns its remaining output; \`yield_time_ms\` then has no effect. \`catch\` and \`finally\` blocks do not run.${waitPolicy === 'backoff' ? severalText : ''}`
}

/** The declaration of `wait` that is sent to a model: with the policy `backoff` it has `cell_ids`. */
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
          description: `Output budget of this answer in tokens; default ${defaultMaxOutputTokens}`,
        },
        terminate: { type: 'boolean', description: 'Stop the script; default false' },
        yield_time_ms: {
          type: 'number',
          description: `How long to wait before answering that the script is still running, in milliseconds; default ${waitYieldTimeMs}`,
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
