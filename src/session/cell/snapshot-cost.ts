/** The work of a program since its start or its latest snapshot. */
type ReplayCost = {
  /** The number of commands. */
  readonly commands: number
  /** The size of the commands, in characters. */
  readonly chars: number
  /** The time in milliseconds. */
  readonly workedMs: number
}

// A snapshot takes about five milliseconds. Each of these takes at least ten times as long to replay.
const minCommands = 300
const minChars = 2 ** 20
const minWorkedMs = 100

/** Returns whether a replay costs much more than a snapshot. */
export function isSnapshotDue({ commands, chars, workedMs }: ReplayCost): boolean {
  return commands >= minCommands || chars >= minChars || workedMs >= minWorkedMs
}
