import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'smol-toml'
import { messageOf } from '../../errors.ts'
import { cannotChange, entryIn, type EntryEdit, type EntryPath } from './edit-json-servers.ts'

/** Parses TOML. Throws a `CommandError` for text that is not TOML. */
export function parseToml(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text)
  } catch (cause) {
    throw cannotChange(file, `malformed TOML: ${messageOf(cause).split('\n')[0]}`)
  }
}

/**
 * Returns the text of a TOML file with the entry as a table in it; all other bytes stay. Throws a `CommandError` when the table cannot
 * be set without other changes.
 */
export function addTomlEntry(text: string, edit: EntryEdit): string {
  if (isDeepStrictEqual(plain(entryIn(parseToml(text, edit.file), edit)), plain(edit.value))) return text
  return checked(withTable(text, edit), text, edit, edit.value)
}

/** Returns the text of a TOML file without the table of the entry and its subtables; all other bytes stay. */
export function removeTomlEntry(text: string, path: EntryPath): string {
  if (entryIn(parseToml(text, path.file), path) === undefined) return text
  return checked(withoutTables(text, path), text, path, undefined)
}

/** Returns the table alone, to print it. */
export function tomlOf({ servers, name, value }: EntryEdit): string {
  return stringify([...servers, name].reduceRight<object>((inner, key) => ({ [key]: inner }), value))
}

/** Returns an edited text. Throws a `CommandError` when the edit changed anything except the entry. */
function checked(after: string, before: string, path: EntryPath, value: object | undefined): string {
  const { file, servers, name } = path
  const expected = withoutEntry(parseToml(before, file), path)
  const actual = tryParse(after)
  const isSet = actual !== null && isDeepStrictEqual(plain(entryIn(actual, path)), plain(value))
  if (isSet && isDeepStrictEqual(withoutEntry(actual, path), expected)) return after
  throw cannotChange(file, `codecell cannot edit the table "${[...servers, name].join('.')}" as it is written`)
}

function tryParse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** Returns the content of a file without the entry, and without a table of servers that is empty then. */
function withoutEntry(content: Readonly<Record<string, unknown>>, { servers: [key = ''], name }: EntryPath): unknown {
  const { [key]: servers, ...others } = content
  const left = Object.entries(isRecord(servers) ? servers : {}).filter(([other]) => other !== name)
  return plain(left.length === 0 ? others : { ...others, [key]: Object.fromEntries(left) })
}

function withTable(text: string, edit: EntryEdit): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => headerOf(line, edit) === 'table')
  if (start === -1) {
    const gap = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n'
    return `${text}${gap}${tomlOf(edit)}`
  }
  return [
    ...lines.slice(0, start),
    ...tomlOf(edit).trimEnd().split('\n'),
    ...lines.slice(endOfTable(lines, start)),
  ].join('\n')
}

function withoutTables(text: string, path: EntryPath): string {
  const lines = text.split('\n')
  for (;;) {
    const start = lines.findIndex((line) => headerOf(line, path) !== null)
    if (start === -1) return lines.join('\n')
    const end = endOfTable(lines, start)
    // The blank line that separated the table goes with it.
    const isSeparated = start > 0 && lines[start - 1] === '' && (lines[end] ?? '') === ''
    lines.splice(isSeparated ? start - 1 : start, end - start + (isSeparated ? 1 : 0))
  }
}

/** Returns the line after a table. Blank lines and comments before the next table belong to that one. */
function endOfTable(lines: readonly string[], start: number): number {
  const length = lines.slice(start + 1).findIndex((line) => /^\s*\[/.test(line))
  let end = length === -1 ? lines.length : start + 1 + length
  while (end > start + 1 && /^\s*(?:#.*)?$/.test(lines[end - 1] ?? '')) end--
  return end
}

/** Whether a line is the header of the entry's table or of a table in it. */
function headerOf(line: string, { servers: [key], name }: EntryPath): 'table' | 'subtable' | null {
  const header = /^\s*\[\s*([\w-]+)\s*\.\s*"?([\w-]+)"?\s*(\.[^\]]*)?\]\s*(?:#.*)?$/.exec(line)
  if (header?.[1] !== key || header?.[2] !== name) return null
  return header[3] === undefined ? 'table' : 'subtable'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the same data in plain objects, which compare equal. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
