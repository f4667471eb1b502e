/** Shorter texts are not worth the look. */
const minLength = 64

/** Texts that are remembered for comparison, those used last. */
const maxTexts = 64

/** Finds texts that a journal has already, so that what a program that polls is told again and again is kept once. */
export class SharedBodies {
  #known: Map<string, string> | null = null

  /** Texts in the table. */
  get size(): number {
    return this.#known?.size ?? 0
  }

  /** Whether an earlier copy is known. */
  has(body: string): boolean {
    return this.#known?.has(body) ?? false
  }

  /** The same text: an earlier copy of it when there is one. */
  share(body: string): string {
    if (body.length <= minLength) return body
    const known = (this.#known ??= new Map())
    const shared = known.get(body) ?? body
    known.delete(shared)
    known.set(shared, shared)
    if (known.size > maxTexts) {
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
      }
    }
    return shared
  }
}
