import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { parseOptions, setJsonValue, withoutJsonProperty } from './json-layout.ts'

/** An entry in a file of a client. */
export type EntryPath = {
  readonly file: string
  /** The path of the object or table that holds the servers. */
  readonly servers: readonly string[]
  readonly name: string
}

export type EntryEdit = EntryPath & { readonly value: object }

/** Parses JSON with comments; undefined for an empty text. Throws a `CommandError` for text that is not a JSON object. */
export function parseJson(text: string, file: string): Readonly<Record<string, unknown>> | undefined {
  const errors: ParseError[] = []
  const content: unknown = parse(text, errors, parseOptions)
  const [first] = errors
  if (first !== undefined)
    throw cannotChange(file, `malformed JSON: ${printParseErrorCode(first.error)} at ${first.offset}`)
  if (content !== undefined && !isObject(content)) throw cannotChange(file, 'expected a JSON object')
  return content
}

/** Returns the entry, undefined without one. Throws a `CommandError` when an object on its path is another value. */
export function entryIn(content: unknown, { file, servers, name }: EntryPath): unknown {
  let value = content
  for (const [depth, key] of servers.entries()) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    if (value === undefined) return undefined
    if (!isObject(value)) throw cannotChange(file, `"${servers.slice(0, depth + 1).join('.')}" is not an object`)
  }
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** Returns the text of a JSON file with the entry in it. Comments and all other bytes stay. */
export function addJsonEntry(text: string, edit: EntryEdit): string {
  const { file, servers, name, value } = edit
  const isThere = JSON.stringify(entryIn(parseJson(text, file), edit)) === JSON.stringify(value)
  return isThere ? text : setJsonValue(text, [...servers, name], value)
}

/** Returns the text of a JSON file without the entry. Comments and all other bytes stay. */
export function removeJsonEntry(text: string, path: EntryPath): string {
  let rest = text
  // A key can occur more than once.
  while (entryIn(parseJson(rest, path.file), path) !== undefined) {
    rest = withoutJsonProperty(rest, path.servers, path.name)
  }
  return rest
}

/** Returns a file with only the entry, to print it. */
export function jsonOf({ servers, name, value }: EntryEdit): string {
  return setJsonValue('', [...servers, name], value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Creates the error for a file that codecell does not change. */
export function cannotChange(file: string, reason: string): CommandError {
  return new CommandError(
    exitCodes.usage,
    `Cannot change "${file}": ${reason}; "codecell add --print" prints the entry, to edit the file by hand`,
  )
}
