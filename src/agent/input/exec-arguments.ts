import { CodecellError } from '../../errors.ts'
import { isRecord, type JsonObject } from '../../protocol/json.ts'
import { parseExecSource, type ExecInput } from './exec-input.ts'
import { defaultMaxOutputTokens } from '../response/response.ts'
import { execYieldTimeMs } from './yield-time.ts'

/** The input schema of `exec` for interfaces that require a JSON object. */
export const execInputSchema: JsonObject = {
  type: 'object',
  properties: {
    code: { type: 'string', description: 'The JavaScript source' },
    yield_time_ms: {
      type: 'number',
      description: `Time until a response that the script is still running, in milliseconds; default ${execYieldTimeMs}`,
    },
    max_output_tokens: {
      type: 'number',
      description: `Output budget of this response in tokens; default ${defaultMaxOutputTokens}`,
    },
  },
  required: ['code'],
  additionalProperties: false,
}

/** Names that models use for the program. */
const sourceNames = ['code', 'source', 'input', 'script'] as const

/**
 * Parses the arguments of `exec`: the source itself, or an object with `code` and options. Options on the first line of the source
 * take precedence.
 *
 * @throws {CodecellError} EXEC_INPUT_INVALID with a message for the model.
 */
export function parseExecInput(input: unknown): ExecInput {
  if (!isRecord(input)) return parseExecSource(input)
  const name = sourceNames.find((candidate) => input[candidate] !== undefined)
  if (name === undefined) throw invalid('exec expects raw JavaScript source text')
  const parsed = parseExecSource(input[name])
  return {
    source: parsed.source,
    yieldTimeMs: parsed.yieldTimeMs ?? numberOf(input, 'yield_time_ms'),
    maxOutputTokens: parsed.maxOutputTokens ?? numberOf(input, 'max_output_tokens'),
  }
}

function numberOf(input: Readonly<Record<string, unknown>>, name: string): number | null {
  const value = input[name] ?? null
  if (value === null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value
  throw invalid(`exec field \`${name}\` must be a non-negative safe integer`)
}

function invalid(message: string): CodecellError {
  return new CodecellError('EXEC_INPUT_INVALID', message)
}
