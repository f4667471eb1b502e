import { CodecellError } from '../../errors.ts'
import { BundleView } from '../../trace-view/bundle-view.ts'
import { openTraceBundle } from '../../trace/bundle/open-bundle.ts'
import { costOf, priceOf, type TracePrices } from '../../trace/view/prices.ts'
import { reduceReadable } from '../../trace/view/reduce-readable.ts'
import type { CellOutput } from '../api.ts'
import { LiveOutput } from '../live/live-output.ts'

/** Maximum size of a log whose tokens are counted, in bytes. */
const maxLogBytes = 2 ** 26

/** A cell in a bundle, with the file of its log. */
export type TracedCell = {
  readonly cellId: string
  readonly source: string
  readonly at: number
  readonly path: string
}

/** A request to a model. */
export type TracedRequest = {
  readonly at: number
  readonly model: string
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** Null without a price. */
  readonly cost: number | null
}

/** A bundle of traces. A part that cannot be read is empty. It is read again only after the bundle has grown. */
export class TracedBundle {
  readonly name: string
  readonly #directory: string
  readonly #prices: TracePrices | null
  #view: BundleView | null = null
  #cells: Stamped<readonly TracedCell[]> | null = null
  #requests: Stamped<readonly TracedRequest[]> | null = null

  constructor(name: string, directory: string, prices: TracePrices | null) {
    this.name = name
    this.#directory = directory
    this.#prices = prices
  }

  /**
   * Returns the view of the bundle.
   *
   * @throws {CodecellError} `TRACE_UNREADABLE`, `TRACE_INVALID`
   */
  view(): BundleView {
    this.#view ??= new BundleView(this.#directory, this.#prices === null ? {} : { prices: this.#prices })
    return this.#view
  }

  cells(): readonly TracedCell[] {
    this.#cells = this.#current(this.#cells, () => this.#readCells())
    return this.#cells?.value ?? []
  }

  requests(): readonly TracedRequest[] {
    this.#requests = this.#current(this.#requests, () => this.#readRequests())
    return this.#requests?.value ?? []
  }

  /** Returns the output that the log of a cell has. */
  outputOf({ path }: TracedCell): { readonly items: readonly CellOutput[]; readonly isComplete: boolean } {
    const output = new LiveOutput()
    try {
      for (const line of openTraceBundle(this.#directory).readCellLog(path)) {
        if (line.type !== 'event') continue
        if (line.event.type === 'notify') output.add({ type: 'notification', text: line.event.body })
        else output.addEvent(line.event)
      }
    } catch (error) {
      if (!(error instanceof CodecellError)) throw error
      return { items: output.items, isComplete: false }
    }
    return output
  }

  #current<Value>(known: Stamped<Value> | null, read: () => Value): Stamped<Value> | null {
    try {
      const stamp = this.view().stamp()
      return known?.stamp === stamp ? known : { stamp, value: read() }
    } catch (error) {
      if (error instanceof CodecellError) return known
      throw error
    }
  }

  #readCells(): readonly TracedCell[] {
    const found = [...openTraceBundle(this.#directory).cellLogs()]
    return found.map(({ path, head: { cell_id: cellId, source, at } }) => ({ cellId, source, at, path }))
  }

  #readRequests(): readonly TracedRequest[] {
    const bundle = openTraceBundle(this.#directory)
    if (bundle.size(bundle.manifest.raw_event_log) > maxLogBytes) return []
    const { state } = reduceReadable(bundle)
    return Object.values(state?.inference_calls ?? {}).flatMap(
      ({ usage, model, provider_name: provider, execution }) => {
        if (usage === null) return []
        const price = this.#prices === null ? null : priceOf(this.#prices, provider, model)
        return {
          at: execution.started_at_unix_ms,
          model,
          inputTokens: usage.input_tokens,
          cachedTokens: usage.cached_input_tokens,
          outputTokens: usage.output_tokens,
          cost: price === null ? null : costOf(usage, price),
        }
      },
    )
  }
}

type Stamped<Value> = { readonly stamp: string; readonly value: Value }
