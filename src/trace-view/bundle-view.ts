import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodecellError } from '../errors.ts'
import { makeViewData } from '../trace/view/make-view-data.ts'
import { openTraceBundle, type TraceBundle } from '../trace/bundle/open-bundle.ts'

type Built = { readonly stamp: string; readonly json: string; readonly paths: ReadonlyMap<string, string> }

/** One bundle as it is now. All clients share one reduction, and there is a new one only after the bundle has grown. */
export class BundleView {
  readonly directory: string
  readonly #bundle: TraceBundle
  #built: Built | null = null
  #buildMs = 0

  /** Throws what `openTraceBundle` does. */
  constructor(directory: string) {
    this.directory = directory
    this.#bundle = openTraceBundle(directory)
  }

  /** How long the last reduction took, in milliseconds. */
  get buildMs(): number {
    return this.#buildMs
  }

  /** Whether clients may have seen less than there is. */
  get isBehind(): boolean {
    return this.#built?.stamp !== this.stamp()
  }

  /** The `ViewData` as JSON text. */
  json(): string {
    return this.#current().json
  }

  /** The file of a payload that is known by its id. */
  payloadPath(id: string): string | undefined {
    return this.#current().paths.get(id)
  }

  size(path: string): number {
    return this.#bundle.size(path)
  }

  readText(path: string): string {
    return this.#bundle.readText(path)
  }

  /** Another one for every growth of the bundle. */
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
    const data = makeViewData(this.#bundle)
    const built = {
      stamp,
      json: JSON.stringify(data),
      paths: new Map(data.payloads.map(({ id, path }) => [id, path])),
    }
    this.#buildMs = performance.now() - start
    this.#built = built
    return built
  }
}

/** Only the last records grow; there may be thousands. */
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
    // Bundles of other recorders have no such folder.
    return ''
  }
}
