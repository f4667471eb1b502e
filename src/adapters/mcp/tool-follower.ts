import type { ToolListing } from './mcp-tool-list.ts'

/** Timeout for listing tools after a change, in milliseconds. */
const listAgainMs = 30_000

/** The times until a failed listing is tried again, in milliseconds. The last one repeats. */
const listRetriesMs = [250, 1000, 5000, 30_000, 60_000] as const

/** Lists the tools of a link after each change. A failed listing leaves the tools unchanged and is tried again without end. */
export class ToolFollower {
  readonly #list: (timeoutMs: number) => Promise<ToolListing>
  readonly #isCurrent: () => boolean
  readonly #onListing: (listing: ToolListing) => void
  #isListing = false
  #isStale = false

  constructor(
    list: (timeoutMs: number) => Promise<ToolListing>,
    isCurrent: () => boolean,
    onListing: (listing: ToolListing) => void,
  ) {
    this.#list = list
    this.#isCurrent = isCurrent
    this.#onListing = onListing
  }

  /** Lists the tools once for all changes during a listing. Never rejects. */
  async onChange(): Promise<void> {
    this.#isStale = true
    if (this.#isListing) return
    this.#isListing = true
    let failures = 0
    while (this.#isStale && this.#isCurrent()) {
      this.#isStale = false
      try {
        const listing = await this.#list(listAgainMs)
        failures = 0
        if (this.#isCurrent()) this.#onListing(listing)
      } catch {
        this.#isStale = true
        await pause(listRetriesMs[Math.min(failures++, listRetriesMs.length - 1)])
      }
    }
    this.#isListing = false
  }
}

function pause(ms: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
