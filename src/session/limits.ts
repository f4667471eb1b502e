import { CodecellError } from '../errors.ts'
import { unknownText } from '../options/check-options.ts'

/** One limit: what holds when nothing is said, and the range of what may be said. */
type LimitRange = { readonly default: number; readonly min: number; readonly max: number }

export type LimitName =
  | 'memoryMb'
  | 'cpuMs'
  | 'stallMs'
  | 'sourceBytes'
  | 'outputBytes'
  | 'outputItems'
  | 'events'
  | 'errorBytes'
  | 'toolCalls'
  | 'pendingToolCalls'
  | 'pendingArgumentBytes'
  | 'argumentBytes'
  | 'resultBytes'
  | 'toolTimeoutMs'
  | 'jsonDepth'
  | 'notifications'
  | 'notificationBytes'
  | 'waitingNotificationBytes'
  | 'notificationTimeoutMs'
  | 'storedValueBytes'
  | 'storedBytes'
  | 'storedKeys'
  | 'timers'
  | 'cells'
  | 'keptBytes'
  | 'keptCellBytes'
  | 'keptCells'
  | 'replayBytes'
  | 'spillBytes'
  | 'ledgerBytes'
  | 'repeatBytes'

/** Every limit of a session. `docs/limits.md` has the same table with what happens at each edge; a test compares them. */
export const limitRanges: { readonly [name in LimitName]: LimitRange } = {
  /** Memory of one cell in MiB: heap, buffers and everything else. */
  memoryMb: { default: 256, min: 32, max: 4096 },
  /** Processor time of one cell in milliseconds. Waiting for tools, timers and people does not count. */
  cpuMs: { default: 30_000, min: 1, max: 3_600_000 },
  /** Longest time a cell may run without anything coming out of it, in milliseconds. */
  stallMs: { default: 300_000, min: 10, max: 3_600_000 },
  sourceBytes: { default: 1_048_576, min: 1, max: 16_777_216 },
  /** Output of a cell that nobody has taken yet. */
  outputBytes: { default: 16_777_216, min: 1, max: 67_108_864 },
  /** Items of a cell that nobody has taken yet, empty ones too. */
  outputItems: { default: 100_000, min: 1, max: 10_000_000 },
  /** Everything that one cell emits in all: items, calls, timers, stored values, notifications. Each is remembered for replay. */
  events: { default: 1_000_000, min: 1, max: 100_000_000 },
  errorBytes: { default: 65_536, min: 16, max: 1_048_576 },
  /** Nested tool calls of one cell in all. */
  toolCalls: { default: 100_000, min: 0, max: 10_000_000 },
  /** Nested tool calls of one cell that are not answered yet. */
  pendingToolCalls: { default: 8192, min: 0, max: 65_536 },
  /** JSON text of the inputs of all calls of one cell that are not answered yet. */
  pendingArgumentBytes: { default: 67_108_864, min: 2, max: 1_073_741_824 },
  /** JSON text of one call's input. */
  argumentBytes: { default: 16_777_216, min: 2, max: 67_108_864 },
  /** JSON text of one call's result. */
  resultBytes: { default: 33_554_432, min: 2, max: 67_108_864 },
  /** Time one nested call may take, in milliseconds. */
  toolTimeoutMs: { default: 300_000, min: 1, max: 86_400_000 },
  /** Levels of arrays and objects in inputs, results and stored values. */
  jsonDepth: { default: 127, min: 1, max: 1000 },
  notifications: { default: 10_000, min: 0, max: 1_000_000 },
  notificationBytes: { default: 1_048_576, min: 1, max: 16_777_216 },
  /** Notifications of one cell that have not been delivered. */
  waitingNotificationBytes: { default: 16_777_216, min: 1, max: 268_435_456 },
  /** Time the delivery of one notification may take, in milliseconds. */
  notificationTimeoutMs: { default: 60_000, min: 1, max: 3_600_000 },
  /** One stored value as JSON text, with its key. */
  storedValueBytes: { default: 33_554_432, min: 2, max: 67_108_864 },
  /** All stored values of the session. */
  storedBytes: { default: 67_108_864, min: 2, max: 1_073_741_824 },
  storedKeys: { default: 10_000, min: 0, max: 1_000_000 },
  /** Timers of one cell that have not fired. */
  timers: { default: 10_000, min: 0, max: 100_000 },
  /** Cells of the session that have not been closed. */
  cells: { default: 256, min: 1, max: 10_000 },
  /** Output of all cells that is kept because responses were cut. */
  keptBytes: { default: 67_108_864, min: 0, max: 1_073_741_824 },
  /** The same of one cell. */
  keptCellBytes: { default: 16_777_216, min: 0, max: 67_108_864 },
  /** Cells whose output is kept. */
  keptCells: { default: 1000, min: 0, max: 100_000 },
  /** What cells of a session in memory were told, kept in memory for replay. The rest is in a temporary file. */
  replayBytes: { default: 33_554_432, min: 0, max: 1_073_741_824 },
  /** What a session in memory keeps in temporary files. */
  spillBytes: { default: 8_589_934_592, min: 0, max: 1_099_511_627_776 },
  /** Inputs and results on the ledger of a session in memory. */
  ledgerBytes: { default: 33_554_432, min: 0, max: 1_073_741_824 },
  /** Responses of a session in memory that are kept for requests that come again. */
  repeatBytes: { default: 67_108_864, min: 0, max: 1_073_741_824 },
}

export type Limits = { readonly [name in LimitName]: number }

const limitNames: readonly LimitName[] = Object.keys(limitRanges).filter(isLimitName)

/** The limits with the defaults filled in. Throws `INVALID_OPTION` for an unknown name or a value out of range. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const name of Object.keys(given)) {
    if (!isLimitName(name)) {
      const text = unknownText(name, limitNames).replace('no such option', 'no such limit')
      throw new CodecellError('INVALID_OPTION', `Cannot set limit "${name}": ${text}`)
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for every name: `fromEntries` cannot say so
  return Object.fromEntries(limitNames.map((name) => [name, checked(name, given[name])])) as Limits
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(limitRanges, name)
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
