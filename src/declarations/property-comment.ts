import { jsonText } from './json-text.ts'
import { isNonEmpty, isSchema, numberAt, type Schema, typeName } from './schema.ts'

/** The comment of a property: information that its type does not express. */
export type PropertyComment = { readonly description: string; readonly notes: readonly string[] }

const maxNoteLength = 60

/** Maximum number of lines of one comment. */
const maxLines = 24

/** Returns the description and the limits of a property, or null when it has neither. */
export function propertyComment(schema: unknown): PropertyComment | null {
  if (!isSchema(schema)) return null
  const description = typeof schema['description'] === 'string' ? schema['description'] : null
  const all = [...notesOf(constrained(schema)), ...defaultNote(schema)]
  const notes = all.filter((note) => !isSaid(note, description ?? ''))
  const isInteger = typeName(constrained(schema)['type']) === 'integer'
  if (description === null && notes.length === 0) return null
  return { description: description ?? '', notes: isInteger ? ['int', ...notes] : notes }
}

/** Returns the lines of a comment, without sequences that would end it. A longer description is truncated. */
export function commentLines({ description, notes }: PropertyComment, maxLength: number): string[] {
  const cut =
    description.length > maxLength ? `${description.slice(0, maxLength).trimEnd().toWellFormed()}…` : description
  const lines = (maxLength === 0 ? '' : cut).split(/[\n\r\u2028\u2029]/).map((line) => line.trim())
  const said = lines.filter((line) => line !== '').slice(0, maxLines)
  if (notes.length > 0 && maxLength > 0)
    said.push([said.pop(), `(${notes.join(', ')})`].filter((part) => part).join(' '))
  return said
}

/**
 * Returns whether a description states a limit or a default already, to save tokens. A format means more than the word.
 */
function isSaid(note: string, description: string): boolean {
  const value = /^(?:[<>]=?|default |multiple of )(.*)$/.exec(note)?.[1]?.replaceAll('"', '') ?? ''
  const at = value === '' ? -1 : description.toLowerCase().indexOf(value.toLowerCase())
  return at !== -1 && !/\w/.test(`${description[at - 1] ?? ' '}${description[at + value.length] ?? ' '}`)
}

/** Returns the schema with the limits: in a union with `null`, the other member. */
function constrained(schema: Schema): Schema {
  const members = [schema['anyOf'], schema['oneOf']].find(isNonEmpty)
  const [only, ...others] = (members ?? []).filter((member) => isSchema(member) && typeName(member['type']) !== 'null')
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

/** Returns the bounds, except those of safe integers, which code generators write everywhere. */
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
  // Values such as false, null or an empty string need no mention.
  const isTelling = text !== undefined && !['null', 'false', '""', '[]', '{}'].includes(text)
  return isTelling && text.length <= maxNoteLength ? [`default ${text}`] : []
}

/** Returns an untrusted word on one line, or nothing when it is long. */
function word(value: unknown): string[] {
  if (typeof value !== 'string' || value === '' || value.length > maxNoteLength) return []
  return [value.replaceAll(/\s/g, ' ')]
}
