import type { OptionNames } from '../../options/check-options.ts'
import { waitTimingOptionNames, type WaitTimingOptions } from './wait-backoff.ts'

export type WaitCallOptions = {
  /** Gives the call up when aborted. The cell keeps running. */
  readonly signal?: AbortSignal
  /** Makes the call return early when aborted, with the output so far. The cell keeps running. */
  readonly preempt?: AbortSignal
  /** The model's id of the call. Tools, notifications and traces receive it. */
  readonly callId?: string
  /** Makes the call repeatable, see `ObserveOptions`. */
  readonly requestId?: string
}

export type ExecCallOptions = WaitCallOptions & {
  /** Receives the id of the cell before its first response. */
  readonly onStarted?: (cellId: string) => void
}

export type CodeModeToolsOptions = WaitTimingOptions & {
  /**
   * The maximum output of a response in tokens, whatever the model requests.
   *
   * @default 25000
   */
  readonly maxOutputTokensCap?: number
  /**
   * Whether truncated output is retained for later cells. A last item says how to read it.
   *
   * @default true
   */
  readonly retainOutput?: boolean
  /**
   * Whether programs are checked before they run. A certain error, such as a call of a tool that does not exist, is
   * refused with its location before any call is made.
   *
   * @default true
   */
  readonly preflight?: boolean
  /**
   * Whether the response to a program ends with its type errors that concern tools, when they are known in time.
   * TypeScript 7 finds them in parallel with the cell; without that package there are no notes.
   *
   * @default true
   */
  readonly typeNotes?: boolean
  /**
   * Whether the last response of a cell lists work that was lost: canceled calls, unhandled rejections, promises used as
   * values, calls that were never made.
   *
   * @default true
   */
  readonly workNotes?: boolean
}

export const codeModeToolsOptionNames: OptionNames<CodeModeToolsOptions> = {
  ...waitTimingOptionNames,
  maxOutputTokensCap: 'any',
  retainOutput: 'boolean',
  preflight: 'boolean',
  typeNotes: 'boolean',
  workNotes: 'boolean',
}

export const waitCallOptionNames: OptionNames<WaitCallOptions> = {
  signal: 'any',
  preempt: 'any',
  callId: 'any',
  requestId: 'any',
}

export const execCallOptionNames: OptionNames<ExecCallOptions> = { ...waitCallOptionNames, onStarted: 'function' }
