import { CodecellError } from '../../errors.ts'
import type { Outcome } from '../../session/api/outcome.ts'
import { partsOf } from '../../session/session-internals.ts'
import type { Session } from '../../session/api/session-options.ts'
import { parseExecArguments } from '../input/exec-arguments.ts'
import { execDescription } from './exec-description.ts'
import { explainFailure } from '../preflight/failure-hints.ts'
import { Patience, patienceOptionNames, type PatienceOptions } from './wait-backoff.ts'
import { ModelCalls } from './model-calls.ts'
import { preflight } from '../preflight/preflight.ts'
import { ResponseNotes } from '../response/response-notes.ts'
import type { TypeNote } from '../type-check/type-notes.ts'
import { defaultMaxOutputTokens, formatResponse, type ModelResponse } from '../response/response.ts'
import { withWorkNote } from './work-note.ts'
import { answerWait } from './wait-call.ts'
import { waitToolSpec, type WaitToolSpec } from './wait-tool.ts'
import { parseWaitInput } from '../input/wait-input.ts'
import { execYieldTimeMs } from '../input/yield-time.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'
import { outsideSession } from '../../session/api/option-names.ts'

/**
 * `signal` gives the call up, `preempt` makes it answer now; the cell goes on either way. `callId` is the model's id of the
 * call: tools, notifications and traces have it. `requestId` makes the call repeatable, see `ObserveOptions`.
 */
export type WaitCallOptions = {
  readonly signal?: AbortSignal
  readonly preempt?: AbortSignal
  readonly callId?: string
  readonly requestId?: string
}

/** `onStarted` is told the cell's id before its first response. */
export type ExecCallOptions = WaitCallOptions & {
  readonly onStarted?: (cellId: string) => void
}

/** The two tools a model is given in place of all others. */
export type ExecAndWait = {
  /** The session behind both. */
  readonly session: Session
  /** The declaration of `wait`. */
  readonly waitSpec: WaitToolSpec
  /** What the model is told about `exec` now: the same text as long as the tools are the same. */
  readonly describeExec: () => string
  /** Takes the source, or an object with `code`. Throws `EXEC_INPUT_INVALID`, `LIMIT_EXCEEDED` and `SESSION_CLOSED`; `errorResponse` makes text of them. */
  readonly exec: (input: unknown, options?: ExecCallOptions) => Promise<ModelResponse>
  /** Throws `WAIT_INPUT_INVALID`, `CELL_BUSY`, `CELL_TERMINATING` and `SESSION_CLOSED`. */
  readonly wait: (input: unknown, options?: WaitCallOptions) => Promise<ModelResponse>
}

export type ExecAndWaitOptions = PatienceOptions & {
  /** No response gets more tokens of output than this, whatever the model asks for. Default: 25 000. */
  readonly maxOutputTokensCap?: number
  /** Whether output that was cut is kept for later cells, with a last item that says how to read it. Default: true. */
  readonly keepOutput?: boolean
  /**
   * Whether programs are looked at before they run. What is certainly wrong, such as the call of a tool that does not
   * exist, is refused with its place in the source, before anything has happened. Default: true.
   */
  readonly preflight?: boolean
  /**
   * Whether type errors of a program that have to do with tools are added to its response as a note, when they are known
   * by then. They are found by TypeScript 7, beside the cell; without it there are none. Default: true.
   */
  readonly typeNotes?: boolean
  /**
   * Whether work that was lost is added to the last response of a cell as a note: calls that were cut off, rejections that
   * nothing handled, promises in the place of values, calls that were not made. Default: true.
   */
  readonly workNotes?: boolean
}

const execAndWaitOptionNames: OptionNames<ExecAndWaitOptions> = {
  ...patienceOptionNames,
  maxOutputTokensCap: 'any',
  keepOutput: 'boolean',
  preflight: 'boolean',
  typeNotes: 'boolean',
  workNotes: 'boolean',
}

const waitCallOptionNames: OptionNames<WaitCallOptions> = {
  signal: 'any',
  preempt: 'any',
  callId: 'any',
  requestId: 'any',
}

const execCallOptionNames: OptionNames<ExecCallOptions> = { ...waitCallOptionNames, onStarted: 'function' }

const defaultOutputTokensCap = 25_000

/** `exec` and `wait` over a session. Throws `INVALID_OPTION` for a cap that is no whole number from 0 on. */
export function createExecAndWait(session: Session, options: ExecAndWaitOptions = {}): ExecAndWait {
  checkOptions('createExecAndWait', options, execAndWaitOptionNames, outsideSession)
  const {
    maxOutputTokensCap: cap = defaultOutputTokensCap,
    keepOutput = true,
    preflight: isPreflightOn = true,
  } = options
  if (!Number.isSafeInteger(cap) || cap < 0) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot cap responses at ${cap} tokens: a whole number from 0 on is expected`,
    )
  }
  const patience = new Patience(options)
  const notes = new ResponseNotes(options.typeNotes === false ? null : session)
  /** `original`: the outcome as the session gave it. */
  const respond = (
    outcome: Outcome,
    asked: number | null,
    { note = null, original = outcome }: { readonly note?: TypeNote | null; readonly original?: Outcome } = {},
  ): ModelResponse => {
    const maxOutputTokens = Math.min(asked ?? defaultMaxOutputTokens, cap)
    const keepIn = partsOf(session)?.isRepeated(original) === true ? keptAlready(session) : session
    const response = formatResponse(outcome, { maxOutputTokens, ...(keepOutput ? { keepIn } : {}) })
    const remarked = options.workNotes === false ? response : withWorkNote(response, outcome)
    return notes.attach(remarked, { outcome, note, maxTokens: maxOutputTokens })
  }
  const exec = async (input: unknown, callOptions: ExecCallOptions): Promise<ModelResponse> => {
    const { source, yieldTimeMs, maxOutputTokens } = parseExecArguments(input)
    const refused = isPreflightOn ? await refusedOutcome(session, source, callOptions) : null
    if (refused !== null) return respond(refused, maxOutputTokens)
    const running = session.execute(source, { ...callOptions, yieldTimeMs: yieldTimeMs ?? execYieldTimeMs })
    const note = notes.begin(source)
    const outcome = await running
    const explained = isPreflightOn ? explainFailure(outcome, source, session.catalogue) : outcome
    return respond(explained, maxOutputTokens, { note, original: outcome })
  }
  const wait = async (input: unknown, callOptions: WaitCallOptions): Promise<ModelResponse> => {
    const request = parseWaitInput(input, { several: !patience.isExact })
    return await answerWait({ session, patience, respond }, request, callOptions)
  }
  const calls = new ModelCalls(session)
  return {
    session,
    waitSpec: waitToolSpec(options.waitPolicy),
    describeExec: () => execDescription(session.catalogue),
    exec: async (input, callOptions = {}) => {
      checkOptions('exec', callOptions, execCallOptionNames)
      return await calls.make('exec', input, callOptions, exec)
    },
    wait: async (input, callOptions = {}) => {
      checkOptions('wait', callOptions, waitCallOptionNames)
      return await calls.make('wait', input, callOptions, wait)
    },
  }
}

/** For a response that is given again: its text has been kept. */
function keptAlready(session: Session): Pick<Session, 'keepOutput'> {
  return {
    keepOutput: (wanted) => session.keptOutputs().find(({ cellId }) => cellId === wanted) ?? null,
  }
}

/** How a program ends that is refused before it has a cell; null when it may run. */
async function refusedOutcome(session: Session, source: string, options: ExecCallOptions): Promise<Outcome | null> {
  options.signal?.throwIfAborted()
  const parts = partsOf(session)
  if (parts === null) return null
  const startedAt = performance.now()
  const errorText = await preflight(source, { ...parts, catalogue: session.catalogue })
  if (errorText === null) return null
  return { type: 'failed', cellId: '', items: [], errorText, limit: null, durationMs: performance.now() - startedAt }
}
