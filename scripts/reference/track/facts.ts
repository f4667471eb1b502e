/**
 * Facts about one version of the reference, by name. A fact is a JSON value. A list whose elements have no order of
 * their own, and a long text, are strings with lines, so that their difference has lines too.
 */
export type Facts = Readonly<Record<string, unknown>>

/** A fact that two versions do not share. `difference` has the lines that a report prints. */
export type Change = {
  readonly name: string
  readonly type: 'added' | 'removed' | 'changed'
  readonly difference: readonly string[]
}

/** The comparison of one part. `repeated` facts were equal only in a repeated run. */
export type PartReport = {
  readonly part: string
  readonly title: string
  readonly equal: number
  readonly repeated: readonly string[]
  readonly changes: readonly Change[]
  /** The reason why the part could not run, or null. */
  readonly failure: string | null
}

/** The comparison of a version with the pinned one. */
export type TrackReport = { readonly pinned: string; readonly version: string; readonly parts: readonly PartReport[] }

/** Returns the exit status of a report: 0 if nothing changed, 1 if something did, 2 if a part could not run. */
export function exitStatusOf({ parts }: TrackReport): 0 | 1 | 2 {
  if (parts.some(({ failure }) => failure !== null)) return 2
  return parts.some(({ changes }) => changes.length > 0) ? 1 : 0
}
