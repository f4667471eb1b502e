import { applyEdits, modify, parse, printParseErrorCode, type ParseError } from 'jsonc-parser'
import { CommandError, exitCodes } from '../exit-codes.ts'

/** The place of an entry in a client's file, and the value that belongs there. */
export type EntryEdit = { readonly file: string; readonly key: string; readonly name: string; readonly value: object }

/** The text of a JSON file with the entry in it; comments and everything else stay. Throws for a text that is no JSON object. */
export function editJsonServers(text: string, { file, key, name, value }: EntryEdit): string {
  const errors: ParseError[] = []
  const before: unknown = parse(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const [first] = errors
  if (first !== undefined) throw cannot(file, `it is not JSON: ${printParseErrorCode(first.error)} at ${first.offset}`)
  if (before !== undefined && !isObject(before)) throw cannot(file, 'it is not a JSON object')
  const servers = before?.[key]
  if (servers !== undefined && !isObject(servers)) throw cannot(file, `"${key}" is not an object`)
  if (same(servers?.[name], value)) return text
  const formattingOptions = {
    insertSpaces: !/^\t/m.test(text),
    tabSize: indentOf(text),
    eol: eolOf(text),
    keepLines: true,
  }
  // At the first place nothing else is laid out anew, and comments stay beside what they are about.
  const edits = modify(text, [key, name], value, { formattingOptions, getInsertionIndex: () => 0 })
  return withFinalNewline(applyEdits(text, edits), text)
}

/** A file of nothing but the entry, to be shown. */
export function jsonOf({ key, name, value }: EntryEdit): string {
  return `${JSON.stringify({ [key]: { [name]: value } }, null, 2)}\n`
}

function indentOf(text: string): number {
  return /^( +)\S/m.exec(text)?.[1]?.length ?? 2
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** A new file ends with a line end; an old one as it did. */
function withFinalNewline(text: string, before: string): string {
  return before.trim() === '' && !text.endsWith('\n') ? `${text}\n` : text
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function cannot(file: string, what: string): CommandError {
  return new CommandError(exitCodes.usage, `Cannot change "${file}": ${what}; --print shows the entry to add by hand`)
}
