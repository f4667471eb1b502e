import type { CellOutcome } from '../../session/api/outcome.ts'
import { disposeWith, partsOf } from '../../session/session-internals.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ModelResponse } from './response.ts'
import { type TypeNote, TypeNotes } from '../type-check/type-notes.ts'

/** Most running cells whose note is remembered. */
const maxCells = 256

/** The type notes of the cells of one session: each is told once, with the first response that finds it ready. */
export class ResponseNotes {
  readonly #session: Session | null
  #notes: TypeNotes | null = null
  readonly #untold = new Map<string, TypeNote>()

  /** Null: there are no notes. */
  constructor(session: Session | null) {
    this.#session = session
  }

  /** Begins to look at a program whose cell has just been started. */
  begin(source: string): TypeNote | null {
    const session = this.#session
    const parts = session === null ? null : partsOf(session)
    if (session === null || parts === null) return null
    if (this.#notes === null) {
      this.#notes = new TypeNotes(parts.stripper)
      disposeWith(session, this.#notes)
    }
    return this.#notes.begin(source, session.catalogue)
  }

  /** Adds the note of a cell to its response if it is there and fits; `note` is null for cells that were started before. */
  attach(
    response: ModelResponse,
    {
      outcome,
      note,
      maxTokens,
    }: { readonly outcome: CellOutcome; readonly note: TypeNote | null; readonly maxTokens: number },
  ): ModelResponse {
    const known = note ?? this.#untold.get(outcome.cellId) ?? null
    if (known === null) return response
    this.#untold.delete(outcome.cellId)
    const { text } = known
    if (text === null || Buffer.byteLength(text) / 4 > maxTokens) {
      if (outcome.type === 'yielded' && this.#untold.size < maxCells) this.#untold.set(outcome.cellId, known)
      return response
    }
    return { ...response, items: [...response.items, { type: 'input_text', text }] }
  }
}
