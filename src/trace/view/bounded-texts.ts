import { messageOf } from '../../errors.ts'
import type { ViewText } from './view-data.ts'

/** The maximum length of a preview, in characters. */
const maxPreviewLength = 2048

/** The maximum length of all previews of a bundle, in characters: they are all in the page. */
const maxPreviewsLength = 2 ** 25

/** The maximum length of all sources, and of one source, in characters. */
const maxSourcesLength = 2 ** 23
const maxSourceLength = 2 ** 18

/** The maximum length of an id, path or name, in characters. Recorders use less than a hundred. */
export const maxNameLength = 256

/** Cuts texts for the page, and collects messages about what is missing. */
export class ViewTexts {
  readonly #problems = new Set<string>()
  #previews = maxPreviewsLength
  #sources = maxSourcesLength

  get problems(): readonly string[] {
    return [...this.#problems]
  }

  /** Reports a problem; repeated problems are reported once. */
  report(problem: string): void {
    if (this.#problems.size < 100) this.#problems.add(beginningOf(problem, 500))
  }

  /** Returns the beginning of a text. Pass `length` if `text` is only a part. */
  preview(text: string, length: number = text.length): ViewText {
    const beginning = beginningOf(text, Math.min(maxPreviewLength, this.#previews))
    this.#previews -= beginning.length
    if (this.#previews <= 0) this.report('The texts of this bundle are too long: some have no preview')
    return { text: beginning, length }
  }

  /** Cuts a name. */
  name(text: string): string {
    return beginningOf(text, maxNameLength)
  }

  source(text: string): string {
    const beginning = beginningOf(text, Math.min(maxSourceLength, this.#sources))
    this.#sources -= beginning.length
    if (beginning.length < text.length) this.report('The programs of this bundle are too long: some are cut')
    return beginning
  }

  /** Returns the first items of a list, and reports the omitted ones. */
  first<Entry>(entries: readonly Entry[], limit: number, what: string): readonly Entry[] {
    if (entries.length <= limit) return entries
    this.report(`Only the first ${limit} of ${entries.length} ${what} are shown`)
    return entries.slice(0, limit)
  }
}

/** Returns the message of an error with its cause. */
export function reasonOf(error: Error): string {
  return error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`
}

/** Returns at most `limit` characters, without splitting a surrogate pair. */
function beginningOf(text: string, limit: number): string {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

/** Joins parts of a text, each on its own line, and keeps only the beginning and the end. */
export class GrowingText {
  #text = ''
  #tail = ''
  #length = 0

  add(part: string): this {
    const separator = this.#length === 0 || this.#tail.endsWith('\n') ? '' : '\n'
    this.#length += separator.length + part.length
    if (this.#text.length <= maxPreviewLength) this.#text += separator + part.slice(0, maxPreviewLength + 1)
    if (part !== '') this.#tail = part.slice(-32)
    return this
  }

  startsWith(beginning: string): boolean {
    return this.#text.startsWith(beginning)
  }

  preview(texts: ViewTexts): ViewText {
    return texts.preview(this.#text, this.#length)
  }
}
