import { CodecellError, messageOf } from '../../errors.ts'
import { withoutCodeFence } from './code-fence.ts'
import { jsonObjectMembers, type JsonMember } from './json-members.ts'
import { jsonValueName } from './json-value-name.ts'
import { isBlank, trimBlank } from '../../text/white-space.ts'

/** The parsed input of `exec`. Options are null when the model did not pass them. */
export type ExecInput = {
  readonly source: string
  readonly yieldTimeMs: number | null
  readonly maxOutputTokens: number | null
}

const marker = '// @exec:'
const yieldField = 'yield_time_ms'
const budgetField = 'max_output_tokens'
const bothFields = `\`${yieldField}\` and \`${budgetField}\``
const notAnObject = `exec pragma must be a JSON object with supported fields ${bothFields}`

/**
 * Splits the input of `exec` into the options of its first line, the pragma, and the source.
 *
 * @throws {CodecellError} EXEC_INPUT_INVALID with a message for the model.
 */
export function parseExecSource(input: unknown): ExecInput {
  if (typeof input !== 'string') throw invalid('exec expects raw JavaScript source text')
  const text = withoutCodeFence(input)
  if (isBlank(text)) {
    throw invalid(
      `exec expects raw JavaScript source text (non-empty). Provide JS only, optionally with first-line \`${marker} {"${yieldField}": 10000, "${budgetField}": 1000}\`.`,
    )
  }
  const lineEnd = text.indexOf('\n')
  const firstLine = trimBlank(lineEnd === -1 ? text : text.slice(0, lineEnd))
  if (!firstLine.startsWith(marker)) return { source: text, yieldTimeMs: null, maxOutputTokens: null }
  const source = lineEnd === -1 ? '' : text.slice(lineEnd + 1)
  if (isBlank(source)) throw invalid('exec pragma must be followed by JavaScript source on subsequent lines')
  return { source, ...parsePragma(trimBlank(firstLine.slice(marker.length))) }
}

function parsePragma(directive: string): Pick<ExecInput, 'yieldTimeMs' | 'maxOutputTokens'> {
  // For repeated keys, a Map keeps the position of the first and the value of the last.
  const valueTexts = new Map(membersOf(directive).map(({ key, valueText }) => [key, valueText]))
  for (const key of valueTexts.keys()) {
    if (key !== yieldField && key !== budgetField) {
      throw invalid(`exec pragma only supports ${bothFields}; got \`${key}\``)
    }
  }
  const values = new Map([...valueTexts].map(([key, valueText]) => [key, unsignedInteger(valueText)]))
  return { yieldTimeMs: safeNumber(values, yieldField), maxOutputTokens: safeNumber(values, budgetField) }
}

function membersOf(directive: string): readonly JsonMember[] {
  if (directive === '') throw invalid(notAnObject)
  const members = parsed(directive)
  if (members === null) throw invalid(notAnObject)
  return members
}

function parsed(directive: string): readonly JsonMember[] | null {
  try {
    return jsonObjectMembers(directive)
  } catch (error) {
    throw invalid(`exec pragma must be valid JSON with supported fields ${bothFields}: ${messageOf(error)}`, error)
  }
}

/** Parses an unsigned 64-bit integer. Returns null for `null`. */
function unsignedInteger(valueText: string): bigint | null {
  if (valueText === 'null') return null
  const value = /^(?:-0|\d{1,20})$/.test(valueText) ? BigInt(valueText) : null
  if (value !== null && value < 2n ** 64n) return value
  const detail = /^[-\d]/.test(valueText) ? 'invalid number' : `invalid type: ${jsonValueName(valueText)}, expected u64`
  throw invalid(`exec pragma fields ${bothFields} must be non-negative safe integers: ${detail}`)
}

function safeNumber(values: ReadonlyMap<string, bigint | null>, field: string): number | null {
  const value = values.get(field) ?? null
  if (value === null) return null
  if (value <= Number.MAX_SAFE_INTEGER) return Number(value)
  throw invalid(`exec pragma field \`${field}\` must be a non-negative safe integer`)
}

function invalid(message: string, cause?: unknown): CodecellError {
  return new CodecellError('EXEC_INPUT_INVALID', message, cause === undefined ? {} : { cause })
}
