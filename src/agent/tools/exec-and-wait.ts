import { checkOptions } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'
import type { Session } from '../../session/api/session-options.ts'
import type { ModelResponse } from '../response/response.ts'
import {
  execAndWaitOptionNames,
  execCallOptionNames,
  waitCallOptionNames,
  type ExecAndWaitOptions,
  type ExecCallOptions,
  type WaitCallOptions,
} from './exec-and-wait-options.ts'
import { ModelTools } from './model-tools.ts'
import type { WaitToolSpec } from './wait-tool.ts'

/** The two tools that a model receives instead of all others. */
export type ExecAndWait = {
  readonly session: Session
  /** The declaration of `wait`. */
  readonly waitSpec: WaitToolSpec
  /** Returns the description of `exec` for the current tools. The text is the same as long as the tools are the same. */
  readonly describeExec: () => string
  /**
   * Runs a program. `input` is the source, or an object with `code`. `errorResponse` converts the errors to responses.
   *
   * @throws {CodecellError} EXEC_INPUT_INVALID, LIMIT_EXCEEDED, SESSION_CLOSED
   */
  readonly exec: (input: unknown, options?: ExecCallOptions) => Promise<ModelResponse>
  /**
   * Waits for running cells, or terminates them.
   *
   * @throws {CodecellError} WAIT_INPUT_INVALID, CELL_BUSY, CELL_TERMINATING, SESSION_CLOSED
   */
  readonly wait: (input: unknown, options?: WaitCallOptions) => Promise<ModelResponse>
}

/**
 * Creates `exec` and `wait` over a session.
 *
 * @throws {CodecellError} INVALID_OPTION when an option is unknown or out of range.
 */
export function createExecAndWait(session: Session, options: ExecAndWaitOptions = {}): ExecAndWait {
  checkOptions('createExecAndWait', options, execAndWaitOptionNames, outsideSession)
  const tools = new ModelTools(session, options)
  return {
    session,
    waitSpec: tools.waitSpec,
    describeExec: () => tools.describeExec(),
    exec: async (input, callOptions = {}) => {
      checkOptions('exec', callOptions, execCallOptionNames)
      return await tools.exec(input, callOptions)
    },
    wait: async (input, callOptions = {}) => {
      checkOptions('wait', callOptions, waitCallOptionNames)
      return await tools.wait(tools.parseWait(input), callOptions)
    },
  }
}
