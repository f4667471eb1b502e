import { CodecellError } from '../errors.ts'

/** One limit: what holds when nothing is said, and the range of what may be said. */
type LimitRange = { readonly default: number; readonly min: number; readonly max: number }

const kib = 1024
const mib = 1024 * 1024

/** Every limit of a session. `docs/limits.md` has the same table with what happens at each edge; a test compares them. */
export const limitRanges = {
  /** Memory of one cell in MiB: heap, buffers and everything else. */
  memoryMb: { default: 256, min: 32, max: 4096 },
  /** Processor time of one cell in milliseconds. Waiting for tools, timers and people does not count. */
  cpuMs: { default: 30_000, min: 1, max: 3_600_000 },
  /** Longest time a cell may run without anything coming out of it, in milliseconds. */
  stallMs: { default: 300_000, min: 10, max: 3_600_000 },
  sourceBytes: { default: mib, min: 1, max: 16 * mib },
  /** Output of a cell that nobody has taken yet. */
  outputBytes: { default: 16 * mib, min: 1, max: 64 * mib },
  errorBytes: { default: 64 * kib, min: 16, max: mib },
  /** Nested tool calls of one cell in all. */
  toolCalls: { default: 100_000, min: 0, max: 10_000_000 },
  /** Nested tool calls of one cell that are not answered yet. */
  pendingToolCalls: { default: 8192, min: 0, max: 65_536 },
  /** JSON text of one call's input. */
  argumentBytes: { default: 16 * mib, min: 2, max: 64 * mib },
  /** JSON text of one call's result. */
  resultBytes: { default: 32 * mib, min: 2, max: 64 * mib },
  /** Time one nested call may take, in milliseconds. */
  toolTimeoutMs: { default: 300_000, min: 1, max: 86_400_000 },
  /** Levels of arrays and objects in inputs, results and stored values. */
  jsonDepth: { default: 127, min: 1, max: 1000 },
  notifications: { default: 10_000, min: 0, max: 1_000_000 },
  notificationBytes: { default: mib, min: 1, max: 16 * mib },
  /** Time the delivery of one notification may take, in milliseconds. */
  notificationTimeoutMs: { default: 60_000, min: 1, max: 3_600_000 },
  /** One stored value as JSON text, with its key. */
  storedValueBytes: { default: 32 * mib, min: 2, max: 64 * mib },
  /** All stored values of the session. */
  storedBytes: { default: 64 * mib, min: 2, max: 1024 * mib },
  storedKeys: { default: 10_000, min: 0, max: 1_000_000 },
  /** Timers of one cell that have not fired. */
  timers: { default: 10_000, min: 0, max: 100_000 },
  /** Cells of the session that have not been closed. */
  cells: { default: 256, min: 1, max: 10_000 },
} as const satisfies Record<string, LimitRange>

export type LimitName = keyof typeof limitRanges

export type Limits = { readonly [name in LimitName]: number }

const limitNames = Object.keys(limitRanges) as LimitName[]

/** The limits with the defaults filled in. Throws `INVALID_OPTION` for an unknown name or a value out of range. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(limitRanges, name)) {
      throw new CodecellError('INVALID_OPTION', `Cannot set limit "${name}": the limits are ${limitNames.join(', ')}`)
    }
  }
  const entries = limitNames.map((name) => [name, checked(name, given[name])] as const)
  return Object.fromEntries(entries) as Limits
}

function checked(name: LimitName, value: number | undefined): number {
  const range = limitRanges[name]
  if (value === undefined) return range.default
  if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) return value
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot set limit "${name}" to ${value}: a whole number from ${range.min} to ${range.max} is expected`,
  )
}
