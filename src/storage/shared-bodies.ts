import { BoundedMap } from '../collections/bounded-map.ts'

/** Sharing a shorter string does not pay. */
const minLength = 64

/** Maximum number of strings that are remembered, the most recently used. */
const maxTexts = 64

/** Finds strings that a journal has already, so that the identical results of a program that polls are stored once. */
export class SharedBodies {
  #known: BoundedMap<string, string> | null = null

  /** The number of strings. */
  get size(): number {
    return this.#known?.size ?? 0
  }

  /** Returns whether an earlier copy is known. */
  has(body: string): boolean {
    return this.#known?.has(body) ?? false
  }

  /** Returns an equal string: an earlier copy if there is one. */
  share(body: string): string {
    if (body.length <= minLength) return body
    const known = (this.#known ??= new BoundedMap(maxTexts))
    const shared = known.get(body) ?? body
    known.delete(shared)
    known.set(shared, shared)
    return shared
  }
}
