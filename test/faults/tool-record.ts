/** A request that the tools received. */
export type ToolRequest = { readonly key: string; readonly tool: string; readonly input: string }

/** The calls that the tools of a scenario received; it outlives every process that calls them. */
export class ToolRecord {
  readonly requests: ToolRequest[] = []
  readonly violations: string[] = []
  /** Calls that were retried with their key, where that is allowed. */
  repeats = 0
  readonly #byKey = new Map<string, ToolRequest>()

  /** Handles a call: its effect happens at once. Returns the result. */
  take(request: ToolRequest): { readonly value: unknown; readonly error: string | null } {
    const before = this.#byKey.get(request.key)
    if (before !== undefined) this.#again(before, request)
    this.#byKey.set(request.key, request)
    this.requests.push(request)
    return request.tool === 'refuse'
      ? { value: null, error: 'refused on purpose' }
      : { value: JSON.parse(request.input), error: null }
  }

  #again(before: ToolRequest, request: ToolRequest): void {
    const { key, tool, input } = request
    if (before.tool !== tool || before.input !== input) this.violations.push(`${key} was used for ${tool} ${input} too`)
    if (tool === 'put' || tool === 'read') this.repeats++
    else this.violations.push(`${tool} was called twice with ${key}`)
  }

  saw(key: string): ToolRequest | undefined {
    return this.#byKey.get(key)
  }

  /** Counts each effect that must not happen twice, by its name in the program. */
  effects(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { tool, input } of this.#byKey.values()) {
      if (tool === 'read') continue
      const name = `${tool} ${input}`
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }
}

/** Returns the delay of a tool, in milliseconds: the same for the same input. */
export function delayOf({ tool, input }: ToolRequest): number {
  let hash = 7
  for (const letter of input) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0
  return tool === 'slow' ? 60 + (hash % 120) : hash % 25
}
