import { jsonText } from './json-text.ts'
import { isNonEmpty, isSchema, numberAt, type Schema } from './schema.ts'

/** What a model should know of a property beyond its type. */
export type PropertyComment = { readonly description: string; readonly notes: readonly string[] }

const maxNoteLength = 60

/** Lines of one comment. */
const maxLines = 24

/** Description and limits of a property, null when there is nothing to say. */
export function propertyComment(schema: unknown): PropertyComment | null {
  if (!isSchema(schema)) return null
  const description = typeof schema['description'] === 'string' ? schema['description'] : null
  const all = [...notesOf(constrained(schema)), ...defaultNote(schema)]
  const notes = all.filter((note) => !isSaid(note, description ?? ''))
  const isInteger = constrained(schema)['type'] === 'integer'
  if (description === null && notes.length === 0) return null
  return { description: description ?? '', notes: isInteger ? ['int', ...notes] : notes }
}

/** Lines of a comment, each without what would end it. A longer description is cut at the limit. */
export function commentLines({ description, notes }: PropertyComment, maxLength: number): string[] {
  const cut =
    description.length > maxLength ? `${description.slice(0, maxLength).trimEnd().toWellFormed()}…` : description
  const lines = (maxLength === 0 ? '' : cut).split(/[\n\r\u2028\u2029]/).map((line) => line.trim())
  const said = lines.filter((line) => line !== '').slice(0, maxLines)
  if (notes.length > 0 && maxLength > 0)
    said.push([said.pop(), `(${notes.join(', ')})`].filter((part) => part).join(' '))
  return said
}

/** Whether a description says a limit or a default already: tokens count. A format is more than the word for it. */
function isSaid(note: string, description: string): boolean {
  const value = /^(?:[<>]=?|default |multiple of )(.*)$/.exec(note)?.[1]?.replaceAll('"', '') ?? ''
  const at = value === '' ? -1 : description.toLowerCase().indexOf(value.toLowerCase())
  return at !== -1 && !/\w/.test(`${description[at - 1] ?? ' '}${description[at + value.length] ?? ' '}`)
}

/** The schema whose limits count: of one beside `null` the other. */
function constrained(schema: Schema): Schema {
  const members = [schema['anyOf'], schema['oneOf']].find(isNonEmpty)
  const [only, ...others] = (members ?? []).filter((member) => isSchema(member) && member['type'] !== 'null')
  return isSchema(only) && others.length === 0 ? { ...only, ...schema, type: schema['type'] ?? only['type'] } : schema
}

function notesOf(schema: Schema): string[] {
  const { format, pattern, contentEncoding, uniqueItems, deprecated } = schema
  const step = numberAt(schema, 'multipleOf')
  return [
    ...bounds(schema),
    ...(step === undefined ? [] : [`multiple of ${step}`]),
    ...counted(schema, 'Length', 'chars'),
    ...counted(schema, 'Items', 'items'),
    ...(uniqueItems === true ? ['unique'] : []),
    ...word(format),
    ...word(contentEncoding),
    ...word(typeof pattern === 'string' ? `/${pattern}/` : undefined),
    ...(deprecated === true ? ['deprecated'] : []),
  ]
}

/** Bounds; those of safe integers are left out, since code generators write them everywhere. */
function bounds(schema: Schema): string[] {
  const { exclusiveMinimum, exclusiveMaximum } = schema
  const least = numberAt(schema, 'minimum')
  const most = numberAt(schema, 'maximum')
  const above = numberAt(schema, 'exclusiveMinimum')
  const below = numberAt(schema, 'exclusiveMaximum')
  return [
    ...(least === undefined || least === Number.MIN_SAFE_INTEGER
      ? []
      : [`${exclusiveMinimum === true ? '>' : '>='}${least}`]),
    ...(above === undefined ? [] : [`>${above}`]),
    ...(most === undefined || most === Number.MAX_SAFE_INTEGER
      ? []
      : [`${exclusiveMaximum === true ? '<' : '<='}${most}`]),
    ...(below === undefined ? [] : [`<${below}`]),
  ]
}

function counted(schema: Schema, keyword: string, unit: string): string[] {
  const [least, most] = [numberAt(schema, `min${keyword}`) ?? 0, numberAt(schema, `max${keyword}`)]
  if (most === undefined) return least > (unit === 'chars' ? 1 : 0) ? [`>=${least} ${unit}`] : []
  return [least === most ? `${most} ${unit}` : least > 0 ? `${least}-${most} ${unit}` : `<=${most} ${unit}`]
}

function defaultNote(schema: Schema): string[] {
  const text = jsonText(schema['default'])
  // That something is off, absent or empty goes without saying.
  const isTelling = text !== undefined && !['null', 'false', '""', '[]', '{}'].includes(text)
  return isTelling && text.length <= maxNoteLength ? [`default ${text}`] : []
}

/** A word of somebody else's on one line, or nothing when it is long. */
function word(value: unknown): string[] {
  if (typeof value !== 'string' || value === '' || value.length > maxNoteLength) return []
  return [value.replaceAll(/\s/g, ' ')]
}
