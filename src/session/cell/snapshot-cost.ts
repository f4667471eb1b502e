/** The work of a program since its start or its latest snapshot. */
type ReplayCost = {
  /** The number of commands. */
  readonly commands: number
  /** The size of the commands, in characters. */
  readonly chars: number
}

// A replay of each of these takes several times as long as the snapshot, and the program waits for the replay only.
const minCommands = 300
const minChars = 2 ** 20
const minCpuMs = 100

/** Returns the CPU time from which a replay costs much more than a snapshot, in milliseconds; 0 when the commands alone do. */
export function minSnapshotCpuMs({ commands, chars }: ReplayCost): number {
  return commands >= minCommands || chars >= minChars ? 0 : minCpuMs
}
