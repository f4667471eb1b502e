import { setTimeout as delay } from 'node:timers/promises'
import type { McpLink } from './mcp-link.ts'
import type { ListedTool } from './mcp-tool-list.ts'

/** Timeout for listing tools after a change, in milliseconds. */
const listAgainMs = 30_000

/** The times until a failed listing is tried again, in milliseconds. */
const listRetriesMs = [250, 1000, 5000, 30_000] as const

/** Lists the tools of a link after each change. A failed listing leaves the tools unchanged and is tried again. */
export class ToolFollower {
  readonly #isCurrent: (link: McpLink) => boolean
  readonly #onTools: (tools: readonly ListedTool[], link: McpLink) => void
  #isListing = false
  #isStale = false

  constructor(isCurrent: (link: McpLink) => boolean, onTools: (tools: readonly ListedTool[], link: McpLink) => void) {
    this.#isCurrent = isCurrent
    this.#onTools = onTools
  }

  /** Lists the tools once for all changes during a listing. Never rejects. */
  async onChange(link: McpLink): Promise<void> {
    this.#isStale = true
    if (this.#isListing) return
    this.#isListing = true
    let failures = 0
    while (this.#isStale && this.#isCurrent(link)) {
      this.#isStale = false
      try {
        const tools = await link.list(listAgainMs)
        failures = 0
        if (this.#isCurrent(link)) this.#onTools(tools, link)
      } catch {
        const wait = listRetriesMs[failures++]
        if (wait === undefined) break
        this.#isStale = true
        await delay(wait, undefined, { ref: false })
      }
    }
    this.#isListing = false
  }
}
