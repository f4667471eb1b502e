import { messageOf } from '../../errors.ts'
import type { ViewText } from './view-data.ts'

/** The longest preview of a text, in characters. */
const longestPreview = 2048

/** All previews of one bundle together, in characters: the page holds them all. */
const longestPreviews = 2 ** 25

/** The sources of all cells together, and of one of them, in characters. */
const longestSources = 2 ** 23
const longestSource = 2 ** 18

/** The longest id, path and name, in characters. Those of recorders have less than a hundred. */
export const longestName = 256

/** Cuts texts for the page, and keeps what was left out within words of the reader. */
export class ViewTexts {
  readonly #problems = new Set<string>()
  #previews = longestPreviews
  #sources = longestSources

  get problems(): readonly string[] {
    return [...this.#problems]
  }

  /** The reader is told once, however often it is found. */
  report(problem: string): void {
    if (this.#problems.size < 100) this.#problems.add(beginningOf(problem, 500))
  }

  /** The beginning of a text; `length` when only a part of the text is at hand. */
  preview(text: string, length: number = text.length): ViewText {
    const beginning = beginningOf(text, Math.min(longestPreview, this.#previews))
    this.#previews -= beginning.length
    if (this.#previews <= 0) this.report('The texts of this bundle are too long: some have no preview')
    return { text: beginning, length }
  }

  /** A name as the page shows it. */
  name(text: string): string {
    return beginningOf(text, longestName)
  }

  source(text: string): string {
    const beginning = beginningOf(text, Math.min(longestSource, this.#sources))
    this.#sources -= beginning.length
    if (beginning.length < text.length) this.report('The programs of this bundle are too long: some are cut')
    return beginning
  }

  /** The first entries of a list that may be longer than a page can show. */
  first<Entry>(entries: readonly Entry[], limit: number, what: string): readonly Entry[] {
    if (entries.length <= limit) return entries
    this.report(`Only the first ${limit} of ${entries.length} ${what} are shown`)
    return entries.slice(0, limit)
  }
}

/** Why something could not be read, with what lay underneath. */
export function reasonOf(error: Error): string {
  return error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`
}

/** At most `limit` characters; both halves of a surrogate pair, or none. */
function beginningOf(text: string, limit: number): string {
  if (text.length <= limit) return text
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

/** Adds up a text of which only the beginning and the end are needed. Parts come on lines of their own. */
export class GrowingText {
  #text = ''
  #tail = ''
  #length = 0

  add(part: string): this {
    const separator = this.#length === 0 || this.#tail.endsWith('\n') ? '' : '\n'
    this.#length += separator.length + part.length
    if (this.#text.length <= longestPreview) this.#text += separator + part.slice(0, longestPreview + 1)
    if (part !== '') this.#tail = part.slice(-32)
    return this
  }

  startsWith(beginning: string): boolean {
    return this.#text.startsWith(beginning)
  }

  endsWith(end: string): boolean {
    return this.#tail.endsWith(end)
  }

  preview(texts: ViewTexts): ViewText {
    return texts.preview(this.#text, this.#length)
  }
}
