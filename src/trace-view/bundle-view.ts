import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError } from '../errors.ts'
import type { PayloadReference } from '../trace/format/raw-event.ts'
import { makeView, type View, type ViewDataOptions } from '../trace/view/make-view-data.ts'
import { payloadJson } from './payload-json.ts'
import { openTraceBundle, type TraceBundle } from '../trace/bundle/open-bundle.ts'

type Built = { readonly stamp: string; readonly json: string; readonly payloads: View['payloads'] }

/** The current view of one bundle. All clients share one reduction, which is repeated only after the bundle has grown. */
export class BundleView {
  readonly directory: string
  #bundle: TraceBundle
  readonly #options: ViewDataOptions
  #built: Built | null = null
  #buildMs = 0

  /** Opens the bundle; throws as `openTraceBundle` does. */
  constructor(directory: string, options: ViewDataOptions = {}) {
    this.directory = directory
    this.#options = options
    this.#bundle = openTraceBundle(directory)
  }

  /** The duration of the last reduction, in milliseconds. */
  get buildMs(): number {
    return this.#buildMs
  }

  /** Whether the bundle has grown since the last reduction. */
  get isBehind(): boolean {
    return this.#built?.stamp !== this.stamp()
  }

  /** Returns the `ViewData` in JSON. */
  json(): string {
    return this.#current().json
  }

  /** Returns a payload by its id. */
  payload(id: string): PayloadReference | undefined {
    return this.#current().payloads.get(id)
  }

  sizeOf(payload: PayloadReference): number {
    return this.#bundle.payloadSize(payload)
  }

  payloadJson(payload: PayloadReference): string {
    return payloadJson(this.#bundle, payload)
  }

  /** Returns a string that changes whenever the bundle grows. */
  stamp(): string {
    return `${this.#logSize()} ${recordSizes(join(this.directory, 'cells'))}`
  }

  #logSize(): number {
    try {
      return this.#bundle.size(this.#bundle.manifest.raw_event_log)
    } catch (error) {
      if (error instanceof CodecellError) return -1
      throw error
    }
  }

  #current(): Built {
    const stamp = this.stamp()
    if (this.#built?.stamp === stamp) return this.#built
    const start = performance.now()
    // A bundle that is open knows the shards as they were when it read them first.
    this.#bundle = openTraceBundle(this.directory)
    const { data, payloads } = makeView(this.#bundle, this.#options)
    const built = { stamp, json: JSON.stringify(data), payloads }
    this.#buildMs = performance.now() - start
    this.#built = built
    return built
  }
}

/** Only the last cell logs grow; there can be thousands. */
const growingRecords = 200

function recordSizes(folder: string): string {
  try {
    const numbers = readdirSync(folder)
      .map((name) => Number.parseInt(name, 10))
      .filter((number) => number > 0)
      .toSorted((left, right) => right - left)
    const sizes = numbers
      .slice(0, growingRecords)
      .map((number) => statSync(join(folder, `${number}.jsonl`), { throwIfNoEntry: false })?.size ?? 0)
    return `${numbers.length} ${sizes.reduce((sum, size) => sum + size, 0)}`
  } catch {
    // Bundles of other recorders do not have this folder.
    return ''
  }
}
