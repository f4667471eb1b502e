import type { OpenApiDocument } from '../document/document.ts'
import type { FoundOperation } from './found-operation.ts'

/** Maximum number of lines of a report. */
const maxLines = 10

/** Collects the operations of a document that cannot be called. They do not affect the others. */
export class SkippedReport {
  readonly #document: OpenApiDocument
  readonly #reasons: string[] = []
  #first: unknown = null

  constructor(document: OpenApiDocument) {
    this.#document = document
  }

  /** Runs work for one operation. Returns null if that part of the document is invalid. */
  attempt<T>({ id }: FoundOperation, work: () => T): T | null {
    try {
      return work()
    } catch (error) {
      const reason = this.#document.reasonOf(error)
      if (reason === null) throw error
      this.#first ??= error
      this.#reasons.push(`operation "${id}" is skipped: ${reason}`)
      return null
    }
  }

  /** Throws the first error. */
  throwFirst(): void {
    if (this.#first !== null) throw this.#first
  }

  /** Returns one text for each operation, and the number of those that are left out. */
  texts(): readonly string[] {
    const rest = this.#reasons.length - maxLines
    const lines = [...this.#reasons.slice(0, maxLines), ...(rest > 0 ? [`${rest} more operations are skipped`] : [])]
    return lines.map((line) => `OpenAPI document "${this.#document.name}": ${line}`)
  }
}
