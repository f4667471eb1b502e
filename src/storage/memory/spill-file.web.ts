import { ownCopy } from '../../platform/utf8.ts'

export type Spilled = { readonly at: number; readonly bytes: number }

/** Web platforms have no temporary files. The strings stay in memory, and the quota of files still bounds them. */
export class SpillFile {
  readonly #texts = new Map<number, string>()
  #end = 0

  write(text: string): Spilled {
    const [at, bytes] = [this.#end, 2 * text.length]
    this.#texts.set(at, ownCopy(text))
    this.#end += bytes
    return { at, bytes }
  }

  read({ at }: Spilled): string {
    return this.#texts.get(at) ?? ''
  }

  remove(): void {
    this.#texts.clear()
    this.#end = 0
  }
}
