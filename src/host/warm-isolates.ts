import type { Engine, EngineIsolate } from './engine/engine.ts'
import type { Inspection } from './engine/inspection.ts'

/** An isolate that waits for a cell, with the catalogue that is installed in it. */
type WarmIsolate = { readonly isolate: EngineIsolate; readonly catalogue: number | null }

/**
 * Time without activity before isolates are created, in milliseconds: creating one blocks this thread for over a
 * millisecond.
 */
const quietMs = 3

/** Maximum number of catalogues with warm isolates of their own: the most recent ones. */
const maxRecent = 3

type WarmIsolatesOptions = {
  readonly engine: Engine
  readonly size: number
  readonly memoryMb: number
  readonly inspection: Inspection | null
}

/** Isolates made ahead of need, each used once. Those for the most recent catalogues have their tools installed. */
export class WarmIsolates {
  readonly #engine: Engine
  readonly #catalogues = new Map<number, string>()
  readonly #size: number
  readonly #memoryMb: number
  readonly #inspection: Inspection | null
  #isolates: WarmIsolate[] = []
  #recent: number[] = []
  #timer: NodeJS.Timeout | null = null

  constructor({ engine, size, memoryMb, inspection }: WarmIsolatesOptions) {
    this.#engine = engine
    // A debugger gets its isolates on demand.
    this.#size = inspection === null ? size : 0
    this.#memoryMb = memoryMb
    this.#inspection = inspection
    if (this.#size > 0) this.#isolates.push({ isolate: this.#create(null), catalogue: null })
    if (inspection === null) this.#refillSoon()
  }

  addCatalogue(catalogue: number, json: string): void {
    this.#catalogues.set(catalogue, json)
  }

  forgetCatalogue(catalogue: number): void {
    this.#catalogues.delete(catalogue)
    this.#recent = this.#recent.filter((recent) => recent !== catalogue)
    this.#drop((warm) => warm.catalogue === catalogue)
  }

  /** Returns an isolate with the catalogue installed, and creates one when none is warm. */
  take(catalogue: number, memoryMb: number): EngineIsolate {
    this.#recent = [catalogue, ...this.#recent.filter((recent) => recent !== catalogue)].slice(0, maxRecent)
    if (this.#inspection === null) this.#refillSoon()
    const warm = this.#pick(catalogue, memoryMb)
    if (warm?.catalogue === catalogue) return warm.isolate
    const isolate = warm?.isolate ?? this.#engine.createIsolate({ memoryMb, inspection: this.#inspection })
    isolate.installCatalogue(this.#catalogues.get(catalogue) ?? '[]')
    return isolate
  }

  #pick(catalogue: number, memoryMb: number): WarmIsolate | undefined {
    if (memoryMb !== this.#memoryMb) return undefined
    let index = this.#isolates.findIndex((warm) => warm.catalogue === catalogue)
    if (index === -1) index = this.#isolates.findIndex((warm) => warm.catalogue === null)
    return index === -1 ? undefined : this.#isolates.splice(index, 1)[0]
  }

  /** Called when no cell runs: a good time to create an isolate if none is left. */
  refillWhenIdle(): void {
    if (this.#isolates.length > 0 || this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#refill(), 0)
  }

  /** Postpones the creation of isolates: a cell is about to run. */
  #refillSoon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#refill(), quietMs)
  }

  #refill(): void {
    const wanted = this.#recent.find((recent) => this.#count(recent) < this.#size) ?? null
    if (wanted === null && this.#count(null) >= (this.#recent.length === 0 ? this.#size : 1)) {
      this.#timer = null
      return
    }
    this.#isolates.push({ isolate: this.#create(wanted), catalogue: wanted })
    this.#drop((warm) => warm.catalogue !== null && !this.#recent.includes(warm.catalogue))
    this.#timer = setTimeout(() => this.#refill(), 0)
  }

  #create(catalogue: number | null): EngineIsolate {
    const isolate = this.#engine.createIsolate({ memoryMb: this.#memoryMb, inspection: null })
    if (catalogue !== null) isolate.installCatalogue(this.#catalogues.get(catalogue) ?? '[]')
    isolate.warmUp()
    return isolate
  }

  #count(catalogue: number | null): number {
    return this.#isolates.filter((warm) => warm.catalogue === catalogue).length
  }

  #drop(unwanted: (warm: WarmIsolate) => boolean): void {
    for (const warm of this.#isolates) if (unwanted(warm)) warm.isolate.dispose()
    this.#isolates = this.#isolates.filter((warm) => !unwanted(warm))
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#drop(() => true)
  }
}
