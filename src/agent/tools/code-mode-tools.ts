import { checkOptions } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ModelResponse } from '../response/response.ts'
import {
  codeModeToolsOptionNames,
  execCallOptionNames,
  waitCallOptionNames,
  type CodeModeToolsOptions,
  type ExecCallOptions,
  type WaitCallOptions,
} from './code-mode-options.ts'
import { execToolSpec, type ExecToolSpec } from './exec-tool.ts'
import { ModelTools } from './model-tools.ts'
import type { WaitToolSpec } from './wait-tool.ts'

/** The tool `exec` for a model. */
export interface ModelExecTool {
  /** The declaration for the current tools of the session. It is the same as long as the tools are the same. */
  readonly spec: ExecToolSpec
  /**
   * Runs a program. `input` is the source, or an object with `code`. `errorResponse` of `codecell/agent` converts errors to
   * responses.
   *
   * @throws {CodecellError} EXEC_INPUT_INVALID, LIMIT_EXCEEDED, SESSION_CLOSED
   */
  call(input: unknown, options?: ExecCallOptions): Promise<ModelResponse>
}

/** The tool `wait` for a model. */
export interface ModelWaitTool {
  readonly spec: WaitToolSpec
  /**
   * Waits for running cells, or terminates them.
   *
   * @throws {CodecellError} WAIT_INPUT_INVALID, CELL_BUSY, CELL_TERMINATING, SESSION_CLOSED
   */
  call(input: unknown, options?: WaitCallOptions): Promise<ModelResponse>
}

/** The two tools that a model receives instead of all others. */
export interface CodeModeTools {
  readonly exec: ModelExecTool
  readonly wait: ModelWaitTool
}

/**
 * Creates the tools `exec` and `wait` over a session.
 *
 * @throws {CodecellError} INVALID_OPTION when an option is unknown or out of range.
 * @example
 * ```ts
 * import { createCodeModeTools, createSession } from 'codecell'
 *
 * await using session = await createSession()
 * const { exec, wait } = createCodeModeTools(session)
 * const declarations = [exec.spec, wait.spec] // for the model
 * const response = await exec.call('text(6 * 7)') // when the model calls exec
 * ```
 */
export function createCodeModeTools(session: Session, options: CodeModeToolsOptions = {}): CodeModeTools {
  checkOptions('createCodeModeTools', options, codeModeToolsOptionNames, outsideSession)
  const tools = new ModelTools(session, options)
  return {
    exec: {
      get spec() {
        return execToolSpec(tools.describeExec())
      },
      async call(input, callOptions = {}) {
        checkOptions('exec', callOptions, execCallOptionNames)
        return await tools.exec(input, callOptions)
      },
    },
    wait: {
      spec: tools.waitSpec,
      async call(input, callOptions = {}) {
        checkOptions('wait', callOptions, waitCallOptionNames)
        return await tools.wait(tools.parseWait(input), callOptions)
      },
    },
  }
}
