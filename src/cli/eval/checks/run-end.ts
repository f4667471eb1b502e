/** A call of a tool of a server. */
export type RecordedCall = {
  readonly server: string
  readonly tool: string
  readonly input: unknown
  readonly succeeded: boolean
}

/** The end of a run, which the checks of its task look at. The servers have ended. */
export type RunEnd = {
  /** The final text of the model. */
  readonly text: string
  /** The folder of the run, in which the servers ran. */
  readonly folder: string
  readonly calls: readonly RecordedCall[]
}

/** The verdict of a check, with a reason when it fails. */
export type Verdict = { readonly passes: true } | { readonly passes: false; readonly reason: string }

export const passed: Verdict = { passes: true }

export function failed(reason: string): Verdict {
  return { passes: false, reason }
}

const maxShown = 120

/** Returns a value for a reason. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
