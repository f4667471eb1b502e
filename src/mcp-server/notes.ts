/** Texts of one cell that wait for the next answer; past this many the oldest go. */
const maxNotes = 100

/**
 * What cells said with `notify()`. A progress notification may show it to a person at once; the model reads it with the
 * next answer about the cell, because clients show progress to people only.
 */
export class Notes {
  readonly #texts = new Map<string, string[]>()
  readonly #listeners = new Set<(cellId: string, text: string) => void>()

  add(cellId: string, text: string): void {
    const texts = this.#texts.get(cellId) ?? []
    texts.push(text)
    if (texts.length > maxNotes) texts.shift()
    this.#texts.set(cellId, texts)
    for (const listener of this.#listeners) listener(cellId, text)
  }

  has(cellId: string): boolean {
    return this.#texts.has(cellId)
  }

  /** Everything since the last time. */
  take(cellId: string): readonly string[] {
    const texts = this.#texts.get(cellId) ?? []
    this.#texts.delete(cellId)
    return texts
  }

  listen(listener: (cellId: string, text: string) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }
}
