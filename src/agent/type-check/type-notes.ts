import type { TypeStripper } from '../../session/services/type-stripper.ts'
import { declarationFile } from '../../declarations/declaration-file.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { parseModule } from '../preflight/syntax-tree.ts'
import { ToolOrigins } from '../preflight/tool-references.ts'
import { TypeChecker, type TypeFinding } from './type-checker.ts'

/** The notes on one program. */
export type TypeNote = {
  /** Null until there is a note, and when there is none. */
  text: string | null
  /** Resolves when the check is complete. */
  readonly settled: Promise<void>
}

/** In UTF-16 units; longer sources get no notes. */
const maxSourceLength = 256 * 1024

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
const nameCodes = new Set([2304, 2552, 2580, 2582, 2584, 2591])

/**
 * Notes on type errors, found while the cell is running. Only errors that concern tools, their results and the globals of a cell get a
 * note: the model wrote JavaScript, whose own values need no types.
 */
export class TypeNotes implements AsyncDisposable {
  readonly #checker = new TypeChecker()
  readonly #stripper: TypeStripper

  constructor(stripper: TypeStripper) {
    this.#stripper = stripper
  }

  /** Starts to check a program. Never throws: a failed check leaves the note empty. */
  begin(source: string, catalogue: Catalogue): TypeNote {
    const isWorthALook = this.#checker.isAvailable && source.length <= maxSourceLength && source.includes('tools')
    const { promise: settled, resolve } = Promise.withResolvers<void>()
    const note: TypeNote = { text: null, settled }
    if (isWorthALook) void this.#write(note, source, catalogue).then(resolve, () => resolve())
    else resolve()
    return note
  }

  async #write(note: TypeNote, source: string, catalogue: Catalogue): Promise<void> {
    const declarations = declarationsFor(source, catalogue)
    const javaScript = parseModule(source)
    const findings = await this.#checker.check({ declarations, source, isTypeScript: javaScript === null })
    if (findings.length === 0) return
    const program = javaScript ?? (await this.#parseTypeScript(source))
    // A source that does not parse fails with an error of its own.
    if (program === null) return
    const origins = new ToolOrigins(program)
    const concerning = findings.filter((finding) => isConcerning(finding, source, origins))
    if (concerning.length > 0) note.text = noteText(concerning, source)
  }

  async #parseTypeScript(source: string): Promise<ReturnType<typeof parseModule>> {
    const stripped = await this.#stripper.strip(source)
    return stripped.type === 'stripped' ? parseModule(stripped.source) : null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#checker[Symbol.asyncDispose]()
  }
}

/** Declares only the tools that the program names: there can be ten thousand. */
function declarationsFor(source: string, catalogue: Catalogue): string {
  const words = new Set(source.match(/[A-Za-z_$][\w$]*/g))
  const entries = [...words].flatMap((identifier) => {
    const tool = catalogue.find(identifier)
    if (tool === undefined) return []
    const { kind = 'function', inputSchema, outputSchema } = tool
    return [{ identifier, kind, description: '', inputSchema, outputSchema }]
  })
  return declarationFile(entries)
}

function isConcerning(
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

function noteText(findings: readonly TypeFinding[], source: string): string {
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
