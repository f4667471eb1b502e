import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'smol-toml'
import { CommandError, exitCodes } from '../exit-codes.ts'
import type { EntryEdit } from './edit-json-servers.ts'

/**
 * The text of a TOML file with the entry as a table in it; everything else stays as it is, byte for byte. Throws for a text that
 * is no TOML, and when the table cannot be set without touching something else.
 */
export function editTomlServers(text: string, edit: EntryEdit): string {
  const { file, key, name, value } = edit
  const before = parsed(file, text)
  const servers = member(before, key)
  if (isDeepStrictEqual(member(servers, name), plain(value))) return text
  const after = withTable(text, edit)
  const expected = { ...before, [key]: { ...(isRecord(servers) ? servers : {}), [name]: plain(value) } }
  if (!isDeepStrictEqual(plain(parsed(file, after)), plain(expected))) {
    throw cannot(file, `its table "${key}.${name}" is written in a way that this command does not change`)
  }
  return after
}

/** The table alone, to be shown. */
export function tomlOf({ key, name, value }: EntryEdit): string {
  return stringify({ [key]: { [name]: value } })
}

function withTable(text: string, edit: EntryEdit): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => isHeaderOf(line, edit))
  if (start === -1) {
    const gap = text === '' || text.endsWith('\n\n') ? '' : text.endsWith('\n') ? '\n' : '\n\n'
    return `${text}${gap}${tomlOf(edit)}`
  }
  const length = lines.slice(start + 1).findIndex((line) => /^\s*\[/.test(line))
  const end = length === -1 ? lines.length : start + 1 + length
  // Blank lines and comments before the next table belong to that one.
  let last = end
  while (last > start + 1 && /^\s*(?:#.*)?$/.test(lines[last - 1] ?? '')) last--
  return [...lines.slice(0, start), ...tomlOf(edit).trimEnd().split('\n'), ...lines.slice(last)].join('\n')
}

function isHeaderOf(line: string, { key, name }: EntryEdit): boolean {
  const header = /^\s*\[\s*([\w-]+)\s*\.\s*"?([\w-]+)"?\s*\]\s*(?:#.*)?$/.exec(line)
  return header?.[1] === key && header[2] === name
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (cause) {
    throw cannot(file, `it is not TOML: ${String(cause instanceof Error ? cause.message : cause).split('\n')[0]}`)
  }
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same data in objects of the usual kind, so that they compare. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function cannot(file: string, what: string): CommandError {
  return new CommandError(exitCodes.usage, `Cannot change "${file}": ${what}; --print shows the entry to add by hand`)
}
