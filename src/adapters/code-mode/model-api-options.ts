import type { OptionNames } from '../../options/check-options.ts'
import type { Tool } from '../../tools/tool.ts'
import type { CodeModeCoreOptions } from './code-mode-core.ts'

/** The options of integrations for a model API without an SDK. */
export type ModelApiOptions = CodeModeCoreOptions & {
  /** Tools that programs can call. The model can also call those whose `allowedCallers` include `direct`. */
  readonly tools?: readonly Tool[]
  /** Names of tools that the caller runs itself: `runToolCalls` skips their calls. */
  readonly skippedTools?: readonly string[]
}

export type RunToolCallsOptions = {
  /** Abandons the calls when aborted: `runToolCalls` rejects with the reason, and the cells that it started are terminated. */
  readonly signal?: AbortSignal
}

export const runToolCallsOptionNames: OptionNames<RunToolCallsOptions> = { signal: 'any' }
