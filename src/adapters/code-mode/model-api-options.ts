import type { Tool } from '../../tools/tool.ts'
import type { CodeModeCoreOptions } from './code-mode-core.ts'
import type { OptionNames } from '../../options/check-options.ts'

export type ModelApiOptions = CodeModeCoreOptions & {
  /** Tools that programs can call. Those whose `allowedCallers` name `direct` are offered to the model as well. */
  readonly tools?: readonly Tool[]
  /** Names of tools that the caller runs: `answer` passes over their calls. */
  readonly otherTools?: readonly string[]
}

export type AnswerOptions = {
  /** Aborting it gives the calls up; `answer` then throws its reason, and cells that were started are terminated. */
  readonly signal?: AbortSignal
}

export const answerOptionNames: OptionNames<AnswerOptions> = { signal: 'any' }
