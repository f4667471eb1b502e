import { CodecellError } from '../../errors.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Session } from '../../session/api/session-options.ts'
import { internalsOf } from '../../session/session-internals.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { parseExecInput } from '../input/exec-arguments.ts'
import { parseWaitArguments, type WaitArguments } from '../input/wait-input.ts'
import { execYieldTimeMs } from '../input/yield-time.ts'
import { explainFailure } from '../preflight/failure-hints.ts'
import { preflight } from '../preflight/preflight.ts'
import { ResponseNotes } from '../response/response-notes.ts'
import { defaultMaxOutputTokens, formatOutcome, type ModelResponse } from '../response/response.ts'
import type { TypeNote } from '../type-check/type-notes.ts'
import type { CodeModeToolsOptions, ExecCallOptions, WaitCallOptions } from './code-mode-options.ts'
import { execDescription } from './exec-description.ts'
import { ModelCallEvents } from './model-call-events.ts'
import { WaitBackoff } from './wait-backoff.ts'
import { runWait } from './wait-call.ts'
import { waitToolSpec, type WaitToolSpec } from './wait-tool.ts'
import { withWorkNote } from './work-note.ts'

const defaultOutputTokensCap = 25_000

/** `exec` and `wait` over a session, for callers that parse the arguments of `wait` themselves. */
export class ModelTools {
  readonly session: Session
  readonly #options: CodeModeToolsOptions
  readonly #maxOutputTokens: number
  readonly #backoff: WaitBackoff
  readonly #notes: ResponseNotes
  readonly #events: ModelCallEvents

  /** @throws {CodecellError} INVALID_OPTION when a number is out of range. */
  constructor(session: Session, options: CodeModeToolsOptions) {
    const { maxOutputTokensCap = defaultOutputTokensCap, typeNotes = true } = options
    if (!Number.isSafeInteger(maxOutputTokensCap) || maxOutputTokensCap < 0) {
      throw new CodecellError(
        'INVALID_OPTION',
        `Cannot cap responses at ${maxOutputTokensCap} tokens: expected a non-negative integer`,
      )
    }
    this.session = session
    this.#options = options
    this.#maxOutputTokens = maxOutputTokensCap
    this.#backoff = new WaitBackoff(options)
    this.#notes = new ResponseNotes(typeNotes ? session : null)
    this.#events = new ModelCallEvents(session)
  }

  get waitSpec(): WaitToolSpec {
    return waitToolSpec(this.#options.waitPolicy)
  }

  describeExec(): string {
    return this.describeExecWith(this.session.catalogue)
  }

  /** Returns the description of `exec` with the tools of a catalogue. */
  describeExecWith(catalogue: Catalogue): string {
    const { engine = 'v8' } = this.session
    return execDescription(catalogue, { engine })
  }

  parseWait(input: unknown): WaitArguments {
    return parseWaitArguments(input, { several: !this.#backoff.isExact })
  }

  async exec(input: unknown, options: ExecCallOptions): Promise<ModelResponse> {
    return await this.#events.around({ tool: 'exec', input }, options, async (given) => await this.#exec(input, given))
  }

  async wait({ input, request, error }: WaitArguments, options: WaitCallOptions): Promise<ModelResponse> {
    return await this.#events.around({ tool: 'wait', input }, options, async (given) => {
      if (request === null) throw error
      const { session } = this
      return await runWait({ session, backoff: this.#backoff, respond: this.#respond }, request, given)
    })
  }

  async #exec(input: unknown, options: ExecCallOptions): Promise<ModelResponse> {
    const { session } = this
    const { preflight: checksBefore = true } = this.#options
    const { source, yieldTimeMs, maxOutputTokens } = parseExecInput(input)
    const refused = checksBefore ? await refusedOutcome(session, source, options) : null
    if (refused !== null) return this.#respond(refused, maxOutputTokens)
    const running = session.execute(source, { ...options, yieldTimeMs: yieldTimeMs ?? execYieldTimeMs })
    const note = this.#notes.begin(source)
    const outcome = await running
    const explained = checksBefore ? explainFailure(outcome, source, session.catalogue) : outcome
    return this.#respond(explained, maxOutputTokens, note)
  }

  /** Formats an outcome within the budget. */
  readonly #respond = (
    outcome: CellOutcome,
    requestedTokens: number | null,
    note: TypeNote | null = null,
  ): ModelResponse => {
    const { session } = this
    const { retainOutput = true, workNotes = true } = this.#options
    const maxOutputTokens = Math.min(requestedTokens ?? defaultMaxOutputTokens, this.#maxOutputTokens)
    const parts = retainOutput ? internalsOf(session) : null
    // A repeated response retained its output the first time.
    const isReplay = outcome.type !== 'missing' && outcome.isReplay === true
    const retain = isReplay ? parts?.retainedOutputs.get : parts?.retainedOutputs.add
    const response = formatOutcome(outcome, { maxOutputTokens, retain: retain ?? null })
    const remarked = workNotes ? withWorkNote(response, outcome) : response
    return this.#notes.attach(remarked, { outcome, note, maxTokens: maxOutputTokens })
  }
}

/** Returns how a program ends that is refused before it has a cell, or null when it can run. */
async function refusedOutcome(session: Session, source: string, options: ExecCallOptions): Promise<CellOutcome | null> {
  options.signal?.throwIfAborted()
  const parts = internalsOf(session)
  if (parts === null) return null
  const startedAt = performance.now()
  const errorText = await preflight(source, { ...parts, catalogue: session.catalogue })
  if (errorText === null) return null
  return { type: 'failed', cellId: '', items: [], errorText, limit: null, durationMs: performance.now() - startedAt }
}
