/** Maximum number of tools that every isolate holds. With more tools, a cell fetches those that it uses. */
const maxEager = 200

/** The tools of a cell, as its host receives them. */
export interface HostedCatalogue {
  /** The number of the catalogue in host messages. */
  readonly id: number
  /** The part that a host receives once: `ALL_TOOLS` as JSON, or only the identifiers when there are many tools. */
  readonly body: string
  /** `ALL_TOOLS` as JSON, for a cell that reads it. */
  readonly json: string
}

/** Returns the `body` of a catalogue with these identifiers. */
export function hostedBody(json: string, identifiers: readonly string[]): string {
  return identifiers.length <= maxEager ? json : identifiers.map((identifier) => `\n${identifier}`).join('')
}
