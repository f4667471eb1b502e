import { byteLength } from '../../platform/utf8.ts'
import { CodecellError, messageOf } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { jsonObjectMembers, type JsonMember } from './json-members.ts'
import { jsonValueName } from './json-value-name.ts'
import { waitYieldTimeMs } from './yield-time.ts'

/** The parsed arguments of `wait`. `maxTokens` is null when the model did not pass it. */
export type WaitInput = {
  /** At least one. The first cell with news ends the wait. */
  readonly cellIds: readonly string[]
  readonly yieldTimeMs: number
  readonly maxTokens: number | null
  readonly terminate: boolean
}

/** `several`: whether `cell_ids` can name further cells. */
export type WaitInputOptions = { readonly several?: boolean }

/**
 * Parses the arguments of `wait` from JSON or an object. Unknown names are ignored. In an object, null stands for an optional argument
 * that is absent, as in `exec`.
 *
 * @throws {CodecellError} WAIT_INPUT_INVALID with a message for the model, for JSON with the location of the error.
 */
export function parseWaitInput(input: unknown, { several = false }: WaitInputOptions = {}): WaitInput {
  if (typeof input === 'string') return readWaitInput(input, { several, locate: (index) => locationText(input, index) })
  if (isRecord(input)) return readWaitInput(jsonTextOf(withoutNulls(input)), { several, locate: () => '' })
  throw new CodecellError('WAIT_INPUT_INVALID', 'wait expects JSON arguments')
}

/** The arguments of one `wait`, parsed once. */
export type WaitArguments = {
  /** The arguments as the model sent them, for events. */
  readonly input: unknown
  /** Null when the arguments are invalid: then `wait` throws `error`. */
  readonly request: WaitInput | null
  readonly error: unknown
}

/** Parses the arguments of `wait` for callers that need them before the call. Never throws. */
export function parseWaitArguments(input: unknown, options: WaitInputOptions): WaitArguments {
  try {
    return { input, request: parseWaitInput(input, options), error: null }
  } catch (error) {
    return { input, request: null, error }
  }
}

type Reading = { readonly several: boolean; readonly locate: (index: number) => string }

function readWaitInput(json: string, { several, locate }: Reading): WaitInput {
  const members = new Map<string, JsonMember>()
  const values: {
    cellId?: string
    cellIds?: readonly string[]
    yieldTimeMs?: number
    maxTokens?: number | null
    terminate?: boolean
  } = {}
  for (const member of membersOf(json)) {
    if (members.has(member.key)) throw invalid(`duplicate field \`${member.key}\`${locate(member.keyEnd)}`)
    switch (member.key) {
      case 'cell_id':
        values.cellId = stringOf(member, locate)
        break
      case 'cell_ids':
        if (!several) continue
        values.cellIds = stringsOf(member, locate)
        break
      case 'yield_time_ms':
        values.yieldTimeMs = unsignedOf(member, 'u64', locate)
        break
      case 'max_tokens':
        values.maxTokens = member.valueText === 'null' ? null : unsignedOf(member, 'usize', locate)
        break
      case 'terminate':
        values.terminate = booleanOf(member, locate)
        break
      default:
        continue
    }
    members.set(member.key, member)
  }
  const { cellId, yieldTimeMs = waitYieldTimeMs, maxTokens = null, terminate = false } = values
  if (cellId === undefined) throw invalid(`missing field \`cell_id\`${locate(json.lastIndexOf('}') + 1)}`)
  return { cellIds: [...new Set([cellId, ...(values.cellIds ?? [])])], yieldTimeMs, maxTokens, terminate }
}

function withoutNulls(input: Record<string, unknown>): Record<string, unknown> {
  // The JSON of such an object is not that of its members.
  if (typeof input['toJSON'] === 'function') return input
  return Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== null || name === 'cell_id'))
}

function jsonTextOf(input: Record<string, unknown>): string {
  try {
    // An object whose `toJSON` returns undefined has no JSON.
    return JSON.stringify(input) ?? 'null'
  } catch (error) {
    throw invalid(messageOf(error), error)
  }
}

function membersOf(json: string): readonly JsonMember[] {
  const members = parsed(json)
  if (members === null) throw invalid(`invalid type: ${jsonValueName(json.trim())}, expected a JSON object`)
  return members
}

function parsed(json: string): readonly JsonMember[] | null {
  try {
    return jsonObjectMembers(json)
  } catch (error) {
    throw invalid(messageOf(error), error)
  }
}

function stringOf(member: JsonMember, locate: (index: number) => string): string {
  if (member.valueText.startsWith('"')) return String(JSON.parse(member.valueText))
  throw wrongType(member, 'a string', locate)
}

function stringsOf(member: JsonMember, locate: (index: number) => string): readonly string[] {
  const value: unknown = member.valueText.startsWith('[') ? JSON.parse(member.valueText) : null
  if (!Array.isArray(value)) throw wrongType(member, 'a list of strings', locate)
  return value.map((element: unknown) => {
    if (typeof element === 'string') return element
    throw wrongType(member, 'a list of strings', locate)
  })
}

function booleanOf(member: JsonMember, locate: (index: number) => string): boolean {
  if (member.valueText === 'true' || member.valueText === 'false') return member.valueText === 'true'
  throw wrongType(member, 'a boolean', locate)
}

function unsignedOf(member: JsonMember, expected: string, locate: (index: number) => string): number {
  const { valueText, valueEnd } = member
  if (/^\d{1,20}$/.test(valueText) && BigInt(valueText) < 2n ** 64n) return Number(valueText)
  if (!/^-?\d+$/.test(valueText)) throw wrongType(member, expected, locate)
  throw invalid(`invalid value: integer \`${valueText}\`, expected ${expected}${locate(valueEnd)}`)
}

function wrongType(member: JsonMember, expected: string, locate: (index: number) => string): CodecellError {
  const { valueText, valueStart, valueEnd } = member
  // As in the reference: arrays and objects are refused at their first character, other values at their end.
  const index = /^[[{]/.test(valueText) ? valueStart : valueEnd
  return invalid(`invalid type: ${jsonValueName(valueText)}, expected ${expected}${locate(index)}`)
}

/** Returns the location of an index in JSON. Columns count bytes. */
function locationText(json: string, index: number): string {
  const before = json.slice(0, index)
  const lineStart = before.lastIndexOf('\n') + 1
  return ` at line ${before.split('\n').length} column ${byteLength(before.slice(lineStart))}`
}

function invalid(detail: string, cause?: unknown): CodecellError {
  const message = `failed to parse function arguments: ${detail}`
  return new CodecellError('WAIT_INPUT_INVALID', message, cause === undefined ? {} : { cause })
}
