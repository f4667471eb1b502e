import type { Page } from '../../../src/console/api.ts'
import { failureOf, type ApiFailure } from './api.ts'

export type PagedListOptions<Item, Result extends Page<Item>> = {
  readonly load: (cursor: string | null, signal: AbortSignal) => Promise<Result>
  readonly keyOf: (item: Item) => string
  readonly onChange: () => void
}

/**
 * A list of the server, whose pages load in order as they are needed. Items keep their positions until `reload`: the server can add items
 * before them, and `outdated` counts those changes.
 */
export class PagedList<Item, Result extends Page<Item>> {
  readonly items: Item[] = []
  total = 0
  failure: ApiFailure | null = null
  /** Whether the first page has arrived. */
  isReady = false
  isLoading = false
  /** The last page that arrived. */
  latest: Result | null = null
  readonly #options: PagedListOptions<Item, Result>
  readonly #indexes = new Map<string, number>()
  readonly #outdated = new Set<string>()
  #isOutdated = false
  #cursor: string | null = null
  #abort = new AbortController()
  #wanted = 0

  constructor(options: PagedListOptions<Item, Result>) {
    this.#options = options
  }

  /** The number of changes that a reload would show, and whether there are others that cannot be counted. */
  get outdated(): { readonly count: number; readonly isMore: boolean } {
    return { count: this.#outdated.size, isMore: this.#isOutdated }
  }

  indexOf(key: string | null): number {
    return key === null ? -1 : (this.#indexes.get(key) ?? -1)
  }

  /** Loads pages until there are `count` items. */
  async want(count: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, count)
    const isEnough = this.items.length >= this.#wanted || (this.isReady && this.#cursor === null)
    if (this.isLoading || isEnough || this.failure !== null) return
    await this.#load(this.#abort.signal)
  }

  /** Loads the list again from its beginning. The items stay until the first page arrives. */
  async reload(): Promise<void> {
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    this.isLoading = true
    this.#wanted = 0
    this.failure = null
    this.#options.onChange()
    await this.#take(null, signal)
    if (!signal.aborted) await this.#load(signal)
  }

  /** Replaces an item that has changed. Returns false when it is not loaded. */
  update(item: Item): boolean {
    const index = this.indexOf(this.#options.keyOf(item))
    if (index < 0) return false
    this.items[index] = item
    return true
  }

  /** Marks an item that the server would add or remove. */
  outdate(key: string | null): void {
    if (key === null) this.#isOutdated = true
    else this.#outdated.add(key)
  }

  close(): void {
    this.#abort.abort()
  }

  async #load(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.items.length < this.#wanted && (this.#cursor !== null || !this.isReady)) {
      this.isLoading = true
      if (!(await this.#take(this.#cursor, signal))) break
    }
    if (signal.aborted) return
    this.isLoading = false
    this.#options.onChange()
  }

  async #take(cursor: string | null, signal: AbortSignal): Promise<boolean> {
    try {
      const page = await this.#options.load(cursor, signal)
      if (signal.aborted) return false
      if (cursor === null) this.#clear()
      for (const item of page.items) this.#add(item)
      this.#cursor = page.nextCursor
      // Items that ended between two pages can make the sum smaller than the number of the loaded ones.
      this.total = page.nextCursor === null ? this.items.length : Math.max(page.total, this.items.length)
      this.latest = page
      this.failure = null
      this.isReady = true
    } catch (error) {
      if (signal.aborted) return false
      this.failure = failureOf(error)
    }
    this.isLoading = false
    this.#options.onChange()
    return this.failure === null
  }

  #clear(): void {
    this.items.length = 0
    this.#indexes.clear()
    this.#outdated.clear()
    this.#isOutdated = false
  }

  #add(item: Item): void {
    const key = this.#options.keyOf(item)
    if (this.#indexes.has(key)) return
    this.#indexes.set(key, this.items.length)
    this.items.push(item)
  }
}
