import { CodecellError } from '../errors.ts'
import { checkOptions, type OptionNames } from '../options/check-options.ts'
import type { SourceLocation } from '../events/session-event.ts'
import type { StartCommand } from '../protocol/command.ts'
import type { ContentItem } from '../protocol/content-item.ts'
import type { EnginePrint } from '../protocol/engine-print.ts'
import type { CellEvent } from '../protocol/event.ts'
import type { CellRuntime } from '../session/cell/cell-runtime.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import { localPoolOf, type LocalHostPool } from '../session/hosts/host-pool.ts'
import type { HostedCatalogue } from '../session/hosts/hosted-catalogue.ts'
import { TypeStripper } from '../session/services/type-stripper.ts'
import type { FoundCellLog, TraceBundle } from '../trace/bundle/open-bundle.ts'
import { CommandQueue } from './command-queue.ts'
import { boundedStart } from './bounded-start.ts'
import { RecordedResults, type RecordedCall } from './recorded-results.ts'
import { readRecordedCell, type RecordedRun } from './recorded-cell.ts'
import { defaultBounds, definedBounds, replayOptionNames, type ReplayOptions } from './replay-cell.ts'
import { hostedCatalogue, runtimeFor } from './recorded-runtime.ts'
import { readyHosts } from './ready-hosts.ts'
import { replayEngineOf } from './replay-engine.ts'

export type EditedOptions = ReplayOptions & {
  /** The program, in JavaScript or TypeScript, that replaces the recorded one. */
  readonly source: string
  /** Receives output items as they are emitted. */
  readonly onItem?: (item: ContentItem) => void
  readonly onNotification?: (text: string) => void
}

const optionNames: OptionNames<EditedOptions> = {
  ...replayOptionNames,
  source: 'any',
  onItem: 'function',
  onNotification: 'function',
}

/** The end of an edited program. */
export type EditedEnd =
  | { readonly type: 'completed' }
  | { readonly type: 'failed'; readonly errorText: string }
  /** It made a call that was not recorded. `input` is JSON, empty if it passed nothing. */
  | {
      readonly type: 'unanswered'
      readonly tool: string
      readonly input: string
      readonly location: SourceLocation | null
    }
  /** It read a retained output that was not recorded. */
  | { readonly type: 'output_missing'; readonly output: number }
  /** It waits for a command that was not recorded. */
  | { readonly type: 'waiting' }
  /** A limit of the replay ended it. */
  | { readonly type: 'stopped'; readonly reason: string }

export type EditedRun = {
  readonly end: EditedEnd
  /** Recorded calls that the program made, in its order, and those that it did not make. */
  readonly used: readonly RecordedCall[]
  readonly unused: readonly RecordedCall[]
}

/**
 * Replays an edited program instead of the recorded one, until it needs something that was not recorded. A call gets the result
 * of the first unused recorded call of the same tool with an equal input, at its recorded time or immediately if that has
 * passed. Timers fire in order, on a virtual clock. No tool is called.
 *
 * @throws {CodecellError} `TRACE_INVALID`, `TRACE_UNREADABLE`, `HOST_START_FAILED`
 */
export async function runEdited(bundle: TraceBundle, found: FoundCellLog, options: EditedOptions): Promise<EditedRun> {
  checkOptions('runEdited', options, optionNames)
  await using own = options.hosts === undefined ? createHostPool({ size: 1, warmIsolates: 0 }) : null
  const pool = options.hosts ?? own
  const hosts = pool === null ? null : localPoolOf(pool)
  const cell = readRecordedCell(bundle, found)
  const run = cell.runs.at(-1)
  if (run === undefined || hosts === null) {
    throw new CodecellError('TRACE_INVALID', `Cannot replay cell ${found.head.cell_id}: its log has no run`)
  }
  const engine = replayEngineOf(hosts, cell, options.engine)
  await readyHosts(hosts, engine)
  const bounds = { ...defaultBounds, ...definedBounds(options) }
  const catalogue = hostedCatalogue(hosts, cell)
  const edited = new EditedCell({ hosts, catalogue, engine, run, start: boundedStart(run.start, bounds), options })
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
  /** Null for the engine of new cells on these hosts. */
  readonly engine: EnginePrint | null
  readonly run: RecordedRun
  readonly start: StartCommand
  readonly options: EditedOptions
}

class EditedCell {
  readonly #parts: Parts
  readonly #results: RecordedResults
  readonly #queue: CommandQueue
  readonly #used: RecordedCall[] = []
  readonly #ended = Promise.withResolvers<EditedEnd>()
  #isOver = false
  #isStripped = false
  #runtime: CellRuntime

  constructor(parts: Parts) {
    this.#parts = parts
    this.#results = new RecordedResults(parts.run)
    this.#queue = new CommandQueue(parts.start.time)
    this.#runtime = this.#runtimeOf(parts.options.source)
  }

  #runtimeOf(body: string): CellRuntime {
    const { hosts, catalogue, engine, run, start } = this.#parts
    return runtimeFor({
      hosts,
      catalogue,
      engine,
      run,
      start: { ...start, places: 'all', body },
      withCommands: false,
      listener: {
        event: (event, location) => this.#onEvent(event, location),
        idle: () => this.#runNext(),
        outputMissing: (output) => this.finish({ type: 'output_missing', output }),
      },
    })
  }

  async run(): Promise<EditedRun> {
    this.#runtime.start()
    const end = await this.#ended.promise
    await this.#runtime.terminate()
    return { end, used: this.#used, unused: this.#results.calls.filter((call) => !this.#used.includes(call)) }
  }

  finish(end: EditedEnd): void {
    this.#isOver = true
    this.#ended.resolve(end)
  }

  #runNext(): void {
    if (this.#isOver) return
    const command = this.#queue.next()
    if (command === null) this.finish({ type: 'waiting' })
    else this.#runtime.send(command)
  }

  #onEvent(event: CellEvent, location: SourceLocation | null): void {
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
        return this.#onCall(event, location)
      case 'timer_set': {
        const { id, delay } = event
        const firing = this.#results.firing(id, delay, this.#queue.now)
        return this.#queue.add({ ...firing, command: { type: 'timeout_fired', time: 0, id } })
      }
      case 'timer_cleared':
        return this.#queue.removeTimer(event.id)
      case 'rejected':
        return void this.#retryAsTypeScript(event.body)
      case 'completed':
        return this.finish({ type: 'completed' })
      case 'failed':
        return this.finish({ type: 'failed', errorText: event.body })
      default:
        return event satisfies never
    }
  }

  #onCall(
    { id, tool, body }: Extract<CellEvent, { readonly type: 'tool_call' }>,
    location: SourceLocation | null,
  ): void {
    const call = this.#results.take(tool, body)
    if (call === null) return this.finish({ type: 'unanswered', tool, input: body, location })
    this.#used.push(call)
    const result = this.#results.resultOf(call)
    if (result === null) return
    const { command, position } = result
    this.#queue.add({ due: Math.max(this.#queue.now, command.time), position, command: { ...command, id } })
  }

  /** Retries a program that does not compile as TypeScript, as sessions do. */
  async #retryAsTypeScript(errorText: string): Promise<void> {
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
