import type { JournaledCommand } from '../../protocol/command.ts'
import { bodyOf, emissionOf, kindOf, type Emission, type EmittedCall } from '../engine/bridge.ts'
import type {
  Compiled,
  Engine,
  EngineIsolate,
  IsolateListener,
  IsolateOptions,
  ProgramSettings,
  SliceEnd,
} from '../engine/engine.ts'
import { Isolate, prelude, type IsolateCalls } from './isolate.ts'
import { ringLayout } from './ring-layout.ts'
import { loadSource } from './source.ts'
import { mark, TextRing, type RingEntry } from './text-ring.ts'
import { v8Print } from './v8-print.ts'

/** Isolates of V8, on threads of isolated-vm. */
export const v8Engine: Engine = {
  print: () => v8Print(prelude),
  createIsolate: (options) => new V8Isolate(options),
  // Threads of isolated-vm belong to the process.
  dispose: () => undefined,
}

/** Joins an isolate of isolated-vm with its ring: what leaves by calls and what leaves through memory is one sequence. */
class V8Isolate implements EngineIsolate, IsolateCalls {
  readonly #isolate: Isolate
  /** Carries short strings out, and the order of everything else. */
  readonly #ring = new TextRing()
  #listener: IsolateListener | null = null
  /** Calls whose marks have not been reached. */
  readonly #calls: EmittedCall[] = []
  /** Whether the session wants the locations of all events. */
  #isLocated = false

  constructor({ memoryMb, inspection }: IsolateOptions) {
    this.#isolate = new Isolate(memoryMb, this.#ring.memory, inspection)
    this.#isolate.attach(this)
  }

  warmUp(): void {
    this.#isolate.warmUp()
  }

  installCatalogue(body: string): void {
    this.#isolate.installCatalogue(body)
  }

  attach(listener: IsolateListener): void {
    this.#listener = listener
  }

  preload(key: string, json: string): void {
    this.#isolate.preload(key, json)
  }

  configure(settings: ProgramSettings): void {
    this.#isLocated = settings.places === 'all'
    this.#isolate.configure(settings)
  }

  compile(source: string): Compiled {
    // A debugger shows the source as it is compiled.
    return loadSource(this.#isolate, source, { isLocated: this.#isLocated && !this.#isolate.isInspected })
  }

  run(): Promise<SliceEnd> {
    return this.#endOf(this.#isolate.run())
  }

  receive(commands: readonly JournaledCommand[]): Promise<SliceEnd> {
    const last = commands.at(-1)
    if (last === undefined) return Promise.resolve(waiting)
    for (const command of commands.slice(0, -1)) {
      this.#isolate.receiveSilently(kindOf(command), command.id, command.time, bodyOf(command))
    }
    return this.#endOf(this.#isolate.receive(kindOf(last), last.id, last.time, bodyOf(last)))
  }

  /** A rejection may belong to any promise of the cell, so only the return of the call counts. */
  #endOf(running: Promise<unknown>): Promise<SliceEnd> {
    return running.then(
      () => this.#onReturn(waiting),
      (cause: unknown) => this.#onReturn({ type: 'rejected', cause }),
    )
  }

  #onReturn(end: SliceEnd): SliceEnd {
    this.#readRing()
    return this.#isolate.isDisposed ? disposed : end
  }

  onCall(call: EmittedCall): void {
    if (call.kind === ringLayout.bellKind) this.#ring.answerBell()
    else this.#calls.push(call)
    this.#readRing()
  }

  /** Delivers strings and calls in the order in which the program emitted them. */
  #readRing(): void {
    const emissions: Emission[] = []
    for (let entry = this.#ring.peek(); entry !== null; entry = this.#ring.peek()) {
      // The call of a mark may not have arrived yet.
      const call = entry === mark ? this.#calls.shift() : null
      if (call === undefined) break
      this.#ring.take(entry)
      const emission = emissionOfEntry(entry, call)
      if (emission !== null) emissions.push(emission)
    }
    if (emissions.length > 0) this.#listener?.onEmissions(emissions)
  }

  fence(): Promise<void> {
    this.#readRing()
    return this.#listener?.fence() ?? never
  }

  retainedOutput(output: number): Promise<string | undefined> {
    return this.#listener?.retainedOutput(output) ?? never
  }

  onLost(message: string): void {
    this.#listener?.onLost(message)
  }

  get cpuMs(): number {
    return this.#isolate.cpuMs
  }

  dispose(): void {
    this.#isolate.dispose()
  }
}

const waiting: SliceEnd = { type: 'waiting' }
const disposed: SliceEnd = { type: 'disposed' }
/** Holds a program that no cell listens to. */
const never = new Promise<never>(() => undefined)

/** Returns the emission of an entry of the ring, with its call if the entry is a mark. */
function emissionOfEntry(entry: RingEntry, call: EmittedCall | null): Emission | null {
  if (call !== null) return emissionOf(call)
  if (typeof entry === 'string') return { type: 'text', body: entry }
  return entry === mark ? null : { type: 'place', line: entry.line, column: entry.column }
}
