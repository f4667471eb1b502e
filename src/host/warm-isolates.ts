import type { Inspection } from './inspection.ts'
import { Isolate } from './isolate.ts'

/** An isolate that waits for a cell, with the catalogue that is installed in it. */
type WarmIsolate = { readonly isolate: Isolate; readonly catalogue: number | null }

/**
 * Time without activity before isolates are created, in milliseconds: creating one blocks this thread for over a
 * millisecond.
 */
const quietMs = 3

/** Maximum number of catalogues with warm isolates of their own: the most recent ones. */
const maxRecent = 3

type WarmIsolatesOptions = {
  readonly size: number
  readonly memoryMb: number
  readonly inspection: Inspection | null
}

/** Isolates made ahead of need, each used once. Those for the most recent catalogues have their tools installed. */
export class WarmIsolates {
  readonly #catalogues = new Map<number, string>()
  readonly #size: number
  readonly #memoryMb: number
  readonly #inspection: Inspection | null
  #isolates: WarmIsolate[] = []
  #recent: number[] = []
  #timer: NodeJS.Timeout | null = null

  constructor({ size, memoryMb, inspection }: WarmIsolatesOptions) {
    // A debugger gets its isolates on demand.
    this.#size = inspection === null ? size : 0
    this.#memoryMb = memoryMb
    this.#inspection = inspection
    if (this.#size > 0) this.#isolates.push({ isolate: first(memoryMb), catalogue: null })
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
  take(catalogue: number, memoryMb: number): Isolate {
    this.#recent = [catalogue, ...this.#recent.filter((recent) => recent !== catalogue)].slice(0, maxRecent)
    if (this.#inspection === null) this.#refillSoon()
    const warm = this.#pick(catalogue, memoryMb)
    if (warm?.catalogue === catalogue) return warm.isolate
    const isolate = warm?.isolate ?? new Isolate(memoryMb, this.#inspection)
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
    if (this.#timer !== null) this.#timer.refresh()
    else this.#timer = setTimeout(() => this.#refill(), quietMs)
  }

  #refill(): void {
    const wanted = this.#recent.find((recent) => this.#count(recent) < this.#size) ?? null
    if (wanted === null && this.#count(null) >= (this.#recent.length === 0 ? this.#size : 1)) {
      this.#timer = null
      return
    }
    const isolate = new Isolate(this.#memoryMb)
    if (wanted !== null) isolate.installCatalogue(this.#catalogues.get(wanted) ?? '[]')
    isolate.warmUp()
    this.#isolates.push({ isolate, catalogue: wanted })
    this.#drop((warm) => warm.catalogue !== null && !this.#recent.includes(warm.catalogue))
    this.#timer = setTimeout(() => this.#refill(), 0)
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

function first(memoryMb: number): Isolate {
  const isolate = new Isolate(memoryMb)
  isolate.warmUp()
  return isolate
}
