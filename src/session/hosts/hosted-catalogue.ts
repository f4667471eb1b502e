/** With more tools than this, a cell fetches the tools that it uses, so that an isolate costs the same for any number of tools. */
const maxEager = 200

/** The tools of a cell, as its host receives them. */
export interface HostedCatalogue {
  /** The number that hosts know the catalogue by. */
  readonly id: number
  /** What a host receives once: the JSON text of `ALL_TOOLS`, or only the names when there are many tools. */
  readonly body: string
  /** JSON text of `ALL_TOOLS`, for a cell that reads it. */
  readonly json: string
}

/** Returns the `body` of a catalogue with these names. */
export function hostedBody(json: string, identifiers: readonly string[]): string {
  return identifiers.length <= maxEager ? json : identifiers.map((identifier) => `\n${identifier}`).join('')
}
