import { CodecellError } from '../../errors.ts'
import type { CellLimits } from '../../protocol/cell-limits.ts'
import { unknownText } from '../../options/check-options.ts'
import { isNear } from '../../options/nearest-names.ts'

/** The default of a limit, and the range of its values. */
type LimitRange = { readonly default: number; readonly min: number; readonly max: number }

export type LimitName =
  | 'maxMemoryMbPerCell'
  | 'maxCpuMsPerCell'
  | 'maxStallMs'
  | 'maxSourceBytes'
  | 'maxUnreadOutputBytesPerCell'
  | 'maxUnreadOutputItemsPerCell'
  | 'maxEventsPerCell'
  | 'maxErrorChars'
  | 'maxToolCallsPerCell'
  | 'maxPendingToolCallsPerCell'
  | 'maxPendingInputCharsPerCell'
  | 'maxInputBytesPerCall'
  | 'maxResultBytesPerCall'
  | 'toolTimeoutMs'
  | 'maxJsonDepth'
  | 'maxNotificationsPerCell'
  | 'maxNotificationChars'
  | 'maxPendingNotificationCharsPerCell'
  | 'notificationTimeoutMs'
  | 'maxStoredValueChars'
  | 'maxStoredCharsPerSession'
  | 'maxStoredKeysPerSession'
  | 'maxTimersPerCell'
  | 'maxCellsPerSession'
  | 'maxRetainedBytesPerSession'
  | 'maxRetainedBytesPerCell'
  | 'maxRetainedCells'
  | 'maxReplayCharsInMemory'
  | 'maxSpillBytes'
  | 'maxLedgerCharsInMemory'
  | 'maxRepeatedResponseChars'

/** The limits of a session with their ranges and defaults. `docs/limits.md` describes the effect of each limit. */
export const limitRanges: { readonly [name in LimitName]: LimitRange } = {
  /** Memory of one cell in MiB, including its heap and buffers. */
  maxMemoryMbPerCell: { default: 256, min: 32, max: 4096 },
  /** CPU time of one cell in milliseconds. Waiting for tools, timers and approvals does not count. */
  maxCpuMsPerCell: { default: 30_000, min: 1, max: 3_600_000 },
  /** Time that a cell can run without emitting an event, in milliseconds. */
  maxStallMs: { default: 300_000, min: 10, max: 3_600_000 },
  maxSourceBytes: { default: 1_048_576, min: 1, max: 16_777_216 },
  /** Unread output of one cell, in UTF-8 bytes. */
  maxUnreadOutputBytesPerCell: { default: 16_777_216, min: 1, max: 67_108_864 },
  /** Unread items of one cell, including empty ones. */
  maxUnreadOutputItemsPerCell: { default: 100_000, min: 1, max: 10_000_000 },
  /** Events that one cell emits: items, calls, timers, stored values and notifications. */
  maxEventsPerCell: { default: 1_000_000, min: 1, max: 100_000_000 },
  maxErrorChars: { default: 65_536, min: 16, max: 1_048_576 },
  /** Nested tool calls of one cell. */
  maxToolCallsPerCell: { default: 100_000, min: 0, max: 10_000_000 },
  /** Pending nested tool calls of one cell. */
  maxPendingToolCallsPerCell: { default: 8192, min: 0, max: 65_536 },
  /** Total length of the inputs of the pending calls of one cell, as JSON. */
  maxPendingInputCharsPerCell: { default: 67_108_864, min: 2, max: 1_073_741_824 },
  /** Size of the input of one call, as JSON. */
  maxInputBytesPerCall: { default: 16_777_216, min: 2, max: 67_108_864 },
  /** Size of the result of one call, as JSON. */
  maxResultBytesPerCall: { default: 33_554_432, min: 2, max: 67_108_864 },
  /** Timeout of one nested call in milliseconds. */
  toolTimeoutMs: { default: 300_000, min: 1, max: 86_400_000 },
  /** Nesting depth of arrays and objects in inputs, results and stored values. */
  maxJsonDepth: { default: 127, min: 1, max: 1000 },
  maxNotificationsPerCell: { default: 10_000, min: 0, max: 1_000_000 },
  maxNotificationChars: { default: 1_048_576, min: 1, max: 16_777_216 },
  /** Total length of the undelivered notifications of one cell. */
  maxPendingNotificationCharsPerCell: { default: 16_777_216, min: 1, max: 268_435_456 },
  /** Timeout of the delivery of one notification in milliseconds. */
  notificationTimeoutMs: { default: 60_000, min: 1, max: 3_600_000 },
  /** Length of one stored value as JSON, including its key. */
  maxStoredValueChars: { default: 33_554_432, min: 2, max: 67_108_864 },
  /** Total length of the stored values of the session, including their keys. */
  maxStoredCharsPerSession: { default: 67_108_864, min: 2, max: 1_073_741_824 },
  maxStoredKeysPerSession: { default: 10_000, min: 0, max: 1_000_000 },
  /** Pending timers of one cell. */
  maxTimersPerCell: { default: 10_000, min: 0, max: 100_000 },
  /** Open cells of the session. A cell closes with the delivery of its last response. */
  maxCellsPerSession: { default: 256, min: 1, max: 10_000 },
  /** Retained output of all cells, in UTF-8 bytes. */
  maxRetainedBytesPerSession: { default: 67_108_864, min: 0, max: 1_073_741_824 },
  /** Retained output of one cell, in UTF-8 bytes. */
  maxRetainedBytesPerCell: { default: 16_777_216, min: 0, max: 67_108_864 },
  /** Cells with retained output. */
  maxRetainedCells: { default: 1000, min: 0, max: 100_000 },
  /** Journaled commands in memory, for a session without storage. Further commands are in temporary files. */
  maxReplayCharsInMemory: { default: 33_554_432, min: 0, max: 1_073_741_824 },
  /** Total size of the temporary files, for a session without storage. */
  maxSpillBytes: { default: 8_589_934_592, min: 0, max: 1_099_511_627_776 },
  /** Inputs and results in the ledger, for a session without storage. */
  maxLedgerCharsInMemory: { default: 33_554_432, min: 0, max: 1_073_741_824 },
  /** Recorded responses for repeated requests, for a session without storage. */
  maxRepeatedResponseChars: { default: 67_108_864, min: 0, max: 1_073_741_824 },
}

export type Limits = { readonly [name in LimitName]: number }

/** The limits that a host enforces, by their names in the protocol. */
export const limitsOfHost: { readonly [name in keyof CellLimits]: LimitName } = {
  memoryMb: 'maxMemoryMbPerCell',
  cpuMs: 'maxCpuMsPerCell',
  stallMs: 'maxStallMs',
  outputBytes: 'maxUnreadOutputBytesPerCell',
  errorBytes: 'maxErrorChars',
  toolCalls: 'maxToolCallsPerCell',
  pendingToolCalls: 'maxPendingToolCallsPerCell',
  pendingArgumentBytes: 'maxPendingInputCharsPerCell',
  argumentBytes: 'maxInputBytesPerCall',
  jsonDepth: 'maxJsonDepth',
  notifications: 'maxNotificationsPerCell',
  notificationBytes: 'maxNotificationChars',
  storedValueBytes: 'maxStoredValueChars',
  storedBytes: 'maxStoredCharsPerSession',
  storedKeys: 'maxStoredKeysPerSession',
  timers: 'maxTimersPerCell',
  events: 'maxEventsPerCell',
}

const limitNames: readonly LimitName[] = Object.keys(limitRanges).filter(isLimitName)

/**
 * Returns the limits with the defaults filled in.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown name and for a value out of range
 */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  for (const name of Object.keys(overrides)) {
    if (!isLimitName(name)) {
      throw new CodecellError('INVALID_OPTION', `Cannot set limit "${name}": ${unknownLimitText(name)}`, {
        details: { option: `limits.${name}` },
      })
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `fromEntries` does not preserve the type of the keys
  return Object.fromEntries(limitNames.map((name) => [name, checkedLimit(name, overrides[name])])) as Limits
}

function unknownLimitText(name: string): string {
  const similar = limitNames.find((limit) => isNear(name, limit.replace(/^max|Per[A-Z][a-z]+$|InMemory$/g, ''), 1))
  const text = similar === undefined ? unknownText(name, limitNames) : `unknown option; did you mean "${similar}"?`
  return text.replace('unknown option', 'unknown limit')
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(limitRanges, name)
}

function checkedLimit(name: LimitName, value: number | undefined): number {
  const range = limitRanges[name]
  if (value === undefined) return range.default
  if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) return value
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot set limit "${name}" to ${value}: expected an integer from ${range.min} to ${range.max}`,
    { details: { option: `limits.${name}`, value, expected: `an integer from ${range.min} to ${range.max}` } },
  )
}

/** Returns the limits that a host enforces. */
export function hostLimits(limits: Limits): CellLimits {
  return {
    memoryMb: limits.maxMemoryMbPerCell,
    cpuMs: limits.maxCpuMsPerCell,
    stallMs: limits.maxStallMs,
    outputBytes: limits.maxUnreadOutputBytesPerCell,
    errorBytes: limits.maxErrorChars,
    toolCalls: limits.maxToolCallsPerCell,
    pendingToolCalls: limits.maxPendingToolCallsPerCell,
    pendingArgumentBytes: limits.maxPendingInputCharsPerCell,
    argumentBytes: limits.maxInputBytesPerCall,
    jsonDepth: limits.maxJsonDepth,
    notifications: limits.maxNotificationsPerCell,
    notificationBytes: limits.maxNotificationChars,
    storedValueBytes: limits.maxStoredValueChars,
    storedBytes: limits.maxStoredCharsPerSession,
    storedKeys: limits.maxStoredKeysPerSession,
    timers: limits.maxTimersPerCell,
    events: limits.maxEventsPerCell,
  }
}
