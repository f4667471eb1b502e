import type { Inspection } from './inspection.ts'
import { Isolate } from './isolate.ts'

/** An isolate that waits for a cell, with the catalogue that is already in it. */
type WarmIsolate = { readonly isolate: Isolate; readonly catalogue: number | null }

/** How long nothing must have happened before spares are made: making one takes this thread for over a millisecond. */
const quietMs = 3

/** How many catalogues have spares of their own: those used last. */
const maxRecent = 3

type WarmIsolatesOptions = {
  readonly size: number
  readonly memoryMb: number
  readonly inspection: Inspection | null
}

/** Isolates made ahead of need, each used once. Those for the catalogues used last have the tools in them already. */
export class WarmIsolates {
  readonly #catalogues = new Map<number, string>()
  readonly #size: number
  readonly #memoryMb: number
  readonly #inspection: Inspection | null
  #isolates: WarmIsolate[] = []
  #recent: number[] = []
  #timer: NodeJS.Timeout | null = null

  constructor({ size, memoryMb, inspection }: WarmIsolatesOptions) {
    // What a debugger looks at is made when it is wanted.
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
    this.#drop((spare) => spare.catalogue === catalogue)
  }

  /** An isolate with the catalogue installed; made now when none waits. */
  take(catalogue: number, memoryMb: number): Isolate {
    this.#recent = [catalogue, ...this.#recent.filter((recent) => recent !== catalogue)].slice(0, maxRecent)
    if (this.#inspection === null) this.#refillSoon()
    const spare = this.#pick(catalogue, memoryMb)
    if (spare?.catalogue === catalogue) return spare.isolate
    const isolate = spare?.isolate ?? new Isolate(memoryMb, this.#inspection)
    isolate.installCatalogue(this.#catalogues.get(catalogue) ?? '[]')
    return isolate
  }

  #pick(catalogue: number, memoryMb: number): WarmIsolate | undefined {
    if (memoryMb !== this.#memoryMb) return undefined
    let index = this.#isolates.findIndex((spare) => spare.catalogue === catalogue)
    if (index === -1) index = this.#isolates.findIndex((spare) => spare.catalogue === null)
    return index === -1 ? undefined : this.#isolates.splice(index, 1)[0]
  }

  /** No cell runs: the moment to make a spare, if there is none left. */
  refillWhenIdle(): void {
    if (this.#isolates.length > 0 || this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#refill(), 0)
  }

  /** Puts off making spares: a cell is about to run. */
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
    this.#drop((spare) => spare.catalogue !== null && !this.#recent.includes(spare.catalogue))
    this.#timer = setTimeout(() => this.#refill(), 0)
  }

  #count(catalogue: number | null): number {
    return this.#isolates.filter((spare) => spare.catalogue === catalogue).length
  }

  #drop(unwanted: (spare: WarmIsolate) => boolean): void {
    for (const spare of this.#isolates) if (unwanted(spare)) spare.isolate.dispose()
    this.#isolates = this.#isolates.filter((spare) => !unwanted(spare))
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
