import { CodecellError } from '../errors.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'
import type { SourceLocation } from '../events/session-event.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { CellRuntime } from '../session/cell/cell-runtime.ts'
import { createHostPool, localPoolOf, type LocalHostPool } from '../session/hosts/host-pool.ts'
import type { HostedCatalogue } from '../session/hosts/hosted-catalogue.ts'
import { TypeStripper } from '../session/type-stripper.ts'
import type { FoundCellRecord, TraceBundle } from '../trace/bundle/open-bundle.ts'
import { Agenda } from './agenda.ts'
import { boundedStart } from './bounded-start.ts'
import { RecordedAnswers, type RecordedCall } from './recorded-answers.ts'
import { readRecordedCell, type RecordedRun } from './recorded-cell.ts'
import { defaultBounds, definedBounds, replayOptionNames, type ReplayOptions } from './replay-cell.ts'
import { hostedCatalogue, runtimeFor } from './run-again.ts'
import { readyHosts } from './ready-hosts.ts'

export type EditedOptions = ReplayOptions & {
  /** The program, JavaScript or TypeScript, that runs in the place of the recorded one. */
  readonly source: string
  /** Output, as it comes. */
  readonly onItem?: (item: ContentItem) => void
  readonly onNotification?: (text: string) => void
}

const optionNames: OptionNames<EditedOptions> = {
  ...replayOptionNames,
  source: 'any',
  onItem: 'function',
  onNotification: 'function',
}

/** How an edited program ended. */
export type EditedEnd =
  | { readonly type: 'completed' }
  | { readonly type: 'failed'; readonly errorText: string }
  /** It called a tool in a way that is not on record. `input` is JSON text, empty when it passed nothing. */
  | {
      readonly type: 'unanswered'
      readonly tool: string
      readonly input: string
      readonly place: SourceLocation | null
    }
  /** It read the kept output of a cell that it had not read on record. */
  | { readonly type: 'output_missing'; readonly output: number }
  /** It waits for something that never came on record either. */
  | { readonly type: 'waiting' }
  /** A limit of the replay ended it. */
  | { readonly type: 'stopped'; readonly reason: string }

export type EditedRun = {
  readonly end: EditedEnd
  /** Recorded calls that the program made too, in the order in which it made them, and those that it did not make. */
  readonly used: readonly RecordedCall[]
  readonly unused: readonly RecordedCall[]
}

/**
 * Runs a changed program in the place of a recorded one, until it asks for what is not on record. A call is answered as
 * the first recorded call of the same tool with an equal input that is left; answers come at the time that is on record,
 * or at once when that has passed; timers fire in order, by a clock that never waits. No tool is called. Throws
 * `TRACE_INVALID`, `TRACE_UNREADABLE`, `HOST_START_FAILED`.
 */
export async function runEdited(
  bundle: TraceBundle,
  found: FoundCellRecord,
  options: EditedOptions,
): Promise<EditedRun> {
  checkOptions('runEdited', options, optionNames)
  await using own = options.hosts === undefined ? createHostPool({ size: 1, warmIsolates: 0 }) : null
  const given = options.hosts ?? own
  const hosts = given === null ? null : localPoolOf(given)
  const cell = readRecordedCell(bundle, found)
  const run = cell.runs.at(-1)
  if (run === undefined || hosts === null) {
    throw new CodecellError('TRACE_INVALID', `Cannot run cell ${found.head.cell_id} again: its record has no run`)
  }
  await readyHosts(hosts)
  const bounds = { ...defaultBounds, ...definedBounds(options) }
  const catalogue = hostedCatalogue(hosts, cell)
  const edited = new EditedCell({ hosts, catalogue, run, start: boundedStart(run.start, bounds), options })
  const reason = `it took longer than ${bounds.cellMs} ms`
  const timer = setTimeout(() => edited.finish({ type: 'stopped', reason }), bounds.cellMs)
  try {
    return await edited.run()
  } finally {
    clearTimeout(timer)
    hosts.forgetCatalogue(catalogue.id)
  }
}

type Parts = {
  readonly hosts: LocalHostPool
  readonly catalogue: HostedCatalogue
  readonly run: RecordedRun
  readonly start: StartCommand
  readonly options: EditedOptions
}

class EditedCell {
  readonly #parts: Parts
  readonly #answers: RecordedAnswers
  readonly #agenda: Agenda
  readonly #used: RecordedCall[] = []
  readonly #ended = Promise.withResolvers<EditedEnd>()
  #isOver = false
  #isStripped = false
  #runtime: CellRuntime

  constructor(parts: Parts) {
    this.#parts = parts
    this.#answers = new RecordedAnswers(parts.run)
    this.#agenda = new Agenda(parts.start.time)
    this.#runtime = this.#runtimeOf(parts.options.source)
  }

  #runtimeOf(body: string): CellRuntime {
    const { hosts, catalogue, run, start } = this.#parts
    return runtimeFor({
      hosts,
      catalogue,
      run,
      start: { ...start, places: 'all', body },
      withCommands: false,
      listener: {
        event: (event, place) => this.#heard(event, place),
        idle: () => this.#goOn(),
        outputMissing: (output) => this.finish({ type: 'output_missing', output }),
      },
    })
  }

  async run(): Promise<EditedRun> {
    this.#runtime.start()
    const end = await this.#ended.promise
    await this.#runtime.terminate()
    return { end, used: this.#used, unused: this.#answers.calls.filter((call) => !this.#used.includes(call)) }
  }

  finish(end: EditedEnd): void {
    this.#isOver = true
    this.#ended.resolve(end)
  }

  #goOn(): void {
    if (this.#isOver) return
    const command = this.#agenda.next()
    if (command === null) this.finish({ type: 'waiting' })
    else this.#runtime.send(command)
  }

  #heard(event: CellEvent, place: SourceLocation | null): void {
    if (this.#isOver) return
    const { onItem, onNotification } = this.#parts.options
    switch (event.type) {
      case 'started':
      case 'place':
      case 'yield_requested':
      case 'stored':
        return
      case 'text':
        return onItem?.({ type: 'input_text', text: event.body })
      case 'image':
        return onItem?.({ type: 'input_image', image_url: event.body, detail: event.detail })
      case 'audio':
        return onItem?.({ type: 'input_audio', audio_url: event.body })
      case 'notify':
        return onNotification?.(event.body)
      case 'tool_call':
        return this.#answer(event, place)
      case 'timer_set': {
        const { id, delay } = event
        const firing = this.#answers.firing(id, delay, this.#agenda.now)
        return this.#agenda.add({ ...firing, command: { type: 'timeout_fired', time: 0, id } })
      }
      case 'timer_cleared':
        return this.#agenda.removeTimer(event.id)
      case 'rejected':
        return void this.#mend(event.body)
      case 'completed':
        return this.finish({ type: 'completed' })
      case 'failed':
        return this.finish({ type: 'failed', errorText: event.body })
      default:
        return event satisfies never
    }
  }

  #answer({ id, tool, body }: Extract<CellEvent, { readonly type: 'tool_call' }>, place: SourceLocation | null): void {
    const call = this.#answers.take(tool, body)
    if (call === null) return this.finish({ type: 'unanswered', tool, input: body, place })
    this.#used.push(call)
    const given = this.#answers.answerTo(call)
    if (given === null) return
    const { command, position } = given
    this.#agenda.add({ due: Math.max(this.#agenda.now, command.time), position, command: { ...command, id } })
  }

  /** What does not compile as JavaScript may be TypeScript, as in a session. */
  async #mend(errorText: string): Promise<void> {
    const runtime = this.#runtime
    await using stripper = new TypeStripper()
    const stripped = this.#isStripped ? null : await stripper.strip(this.#parts.options.source)
    this.#isStripped = true
    await runtime.terminate()
    if (this.#isOver) return
    if (stripped?.type === 'stripped') {
      this.#runtime = this.#runtimeOf(stripped.source)
      return this.#runtime.start()
    }
    const reason = stripped?.type === 'unsupported' ? `SyntaxError: ${stripped.reason}` : errorText
    this.finish({ type: 'failed', errorText: reason })
  }
}
