import type { ToolOrigins } from '../preflight/tool-references.ts'
import type { TypeFinding } from './type-finding.ts'

const maxNotes = 5
const maxNoteLength = 240

/** Globals of a cell. Errors in their arguments get a note. */
const helperNames = new Set([
  'text',
  'image',
  'audio',
  'content',
  'generatedImage',
  'store',
  'load',
  'notify',
  'setTimeout',
  'clearTimeout',
  'as_settled',
  'stream_settled',
])

/** A property does not exist. */
const propertyCodes = new Set([2339, 2551])
/** An argument has the wrong type. */
const valueCodes = new Set([2322, 2345, 2353, 2561, 2739, 2740, 2741, 2769, 2820])
/** A name does not exist. */
const nameCodes = new Set([2304, 2552, 2580, 2582, 2583, 2584, 2591])

/** Returns whether a finding gets a note: it concerns a tool, its result or a global of a cell. */
export function isConcerning(
  { code, start, end, text, isOfUnion }: TypeFinding,
  source: string,
  origins: ToolOrigins,
): boolean {
  const word = source.slice(start, end)
  if (nameCodes.has(code)) return word !== 'tool_search' && !origins.isGuarded(word)
  if (valueCodes.has(code)) return origins.isInCall(start, helperNames)
  // These types are unknown, and a property of one member of a union can exist.
  if (/ on type '(?:unknown|object|never|\{\})'/.test(text)) return false
  return propertyCodes.has(code) && !isOfUnion && word !== 'tool_search' && origins.isOfTool(start)
}

/** Returns the text of the notes on findings, with their locations. */
export function noteText(findings: readonly TypeFinding[], source: string): string {
  const lines = findings.slice(0, maxNotes).map(({ start, text, code }) => {
    const before = source.slice(0, start).split(/\r\n|[\n\r\u2028\u2029]/)
    const message = nameCodes.has(code)
      ? `${(text.split('. ')[0] ?? '').replace(/\.$/, '')}.`
      : text.replace(/\s+/g, ' ')
    const shown = message.length > maxNoteLength ? `${message.slice(0, maxNoteLength)}…` : message
    return `${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${shown}`
  })
  const more = findings.length > maxNotes ? [`and ${findings.length - maxNotes} more`] : []
  return ['Type notes (the script ran anyway):', ...lines, ...more].join('\n')
}
