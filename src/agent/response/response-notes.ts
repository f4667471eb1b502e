import { byteLength } from '../../platform/utf8.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import { disposeWith, internalsOf } from '../../session/session-internals.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ModelResponse } from './response.ts'
import { type TypeNote, TypeNotes } from '../type-check/type-notes.ts'

/** Running cells with a pending note. */
const maxCells = 256

/** The type notes of the cells of one session. The first response after a note is ready includes it. */
export class ResponseNotes {
  readonly #session: Session | null
  #notes: TypeNotes | null = null
  readonly #pending = new Map<string, TypeNote>()

  /** Pass null for no notes. */
  constructor(session: Session | null) {
    this.#session = session
  }

  /** Starts to check a program whose cell has just started. */
  begin(source: string): TypeNote | null {
    const session = this.#session
    const parts = session === null ? null : internalsOf(session)
    if (session === null || parts === null) return null
    if (this.#notes === null) {
      this.#notes = new TypeNotes(parts.stripper)
      disposeWith(session, this.#notes)
    }
    return this.#notes.begin(source, session.catalogue)
  }

  /** Adds the note of a cell to its response if it is ready and fits. `note` is null for later responses of the cell. */
  attach(
    response: ModelResponse,
    {
      outcome,
      note,
      maxTokens,
    }: { readonly outcome: CellOutcome; readonly note: TypeNote | null; readonly maxTokens: number },
  ): ModelResponse {
    const known = note ?? this.#pending.get(outcome.cellId) ?? null
    if (known === null) return response
    this.#pending.delete(outcome.cellId)
    const { text } = known
    if (text === null || byteLength(text) / 4 > maxTokens) {
      if (outcome.type === 'yielded' && this.#pending.size < maxCells) this.#pending.set(outcome.cellId, known)
      return response
    }
    return { ...response, items: [...response.items, { type: 'input_text', text }] }
  }
}
