import type { TypeStripper } from '../../session/services/type-stripper.ts'
import { declarationFile } from '../../declarations/declaration-file.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { parseModule } from '../preflight/syntax-tree.ts'
import { ToolOrigins } from '../preflight/tool-references.ts'
import { isConcerning, noteText } from './concerning-findings.ts'
import { TypeChecker } from './type-checker.ts'

/** The notes on one program. */
export type TypeNote = {
  /** Null until there is a note, and when there is none. */
  text: string | null
  /** Resolves when the check is complete. */
  readonly settled: Promise<void>
}

/** In UTF-16 units; longer sources get no notes. */
const maxSourceLength = 256 * 1024

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
