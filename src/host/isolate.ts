import ivm from 'isolated-vm'
import type { StartCommand } from '../protocol/command.ts'
import { commandKinds, locationScopes, waitKinds, type Emitted } from './bridge.ts'
import type { Inspection } from './inspection.ts'
import { preludeScript } from './prelude-script.ts'
import { TextRing } from './text-ring.ts'

/** What an isolate tells the cell that runs in it. */
export interface IsolateListener {
  onEmission(emission: Emitted): void
  /** Resolves when the host can take more; the cell stands still until then. */
  fence(): Promise<void>
  /** Resolves with the kept output of a cell of the session, undefined when there is none. */
  retainedOutput(output: number): Promise<string | undefined>
  /** V8 has lost control of the isolate: its thread never comes back. */
  onLost(message: string): void
}

const prelude = preludeScript()
export const moduleName = 'exec_main.mjs'

/** A checked source, ready to be wrapped. Its names are the same for the same source, so no run can be told from another. */
export type CellModule = {
  readonly source: string
  /** Stands for the driver; the source does not have it. */
  readonly driverName: string
  /** Stands for `import` in the source; null: it has none. */
  readonly importName: string | null
  readonly fileName: string
  /** Whether the source may evaluate text, whose stack then names columns of the wrapped source. */
  readonly shiftsEvals: boolean
}

/** Compiled code of the prelude, made by the first isolate of the process. */
let preludeCode: ivm.ExternalCopy<ArrayBuffer> | undefined

/**
 * One isolate with the prelude in it, for one cell. The only file that touches isolated-vm: what crosses is strings and
 * numbers, through one callback out and one function in. Calls run on isolated-vm's threads, never on this one.
 */
export class Isolate {
  readonly memoryMb: number
  /** Where short texts come out, and the order of everything else. */
  readonly ring: TextRing = new TextRing()
  readonly #isolate: ivm.Isolate
  readonly #context: ivm.Context
  readonly #receive: ivm.Reference
  readonly #inspection: Inspection | null
  #inspector: ivm.InspectorSession | null = null
  /** What a debugger holds back until it says that the program may run; null: nothing does. */
  #released: Promise<void> | null = null
  #listener: IsolateListener | null = null
  #module: ivm.Module | null = null
  /** Names of the tools of a large catalogue, each after a line feed. */
  #names = ''

  /** With an inspection the program waits for a debugger before it runs. */
  constructor(memoryMb: number, inspection: Inspection | null = null) {
    this.memoryMb = memoryMb
    this.#inspection = inspection
    this.#isolate = new ivm.Isolate({
      memoryLimit: memoryMb,
      inspector: inspection !== null,
      onCatastrophicError: (message) => this.#listener?.onLost(message),
    })
    this.#context = this.#isolate.createContextSync({ inspector: inspection !== null })
    this.#receive = this.#install()
  }

  #install(): ivm.Reference {
    const origin = { filename: 'codecell:prelude' }
    const script = this.#isolate.compileScriptSync(
      prelude,
      preludeCode === undefined ? { ...origin, produceCachedData: true } : { ...origin, cachedData: preludeCode },
    )
    if ('cachedData' in script && script.cachedData instanceof ivm.ExternalCopy) preludeCode ??= script.cachedData
    const install = script.runSync(this.#context, { reference: true })
    const emit = new ivm.Callback(
      (kind: number, id: number, a: string, b: string) => this.#listener?.onEmission({ kind, id, a, b }),
      { ignored: true },
    )
    // Parking is a promise that nothing settles: the thread is let go when the isolate is thrown away.
    const wait = new ivm.Reference((kind: number, id: number): Promise<string | undefined | void> => {
      if (kind === waitKinds.fence && this.#listener !== null) return this.#listener.fence()
      if (kind === waitKinds.toolNames) return Promise.resolve(`${this.#names}\n`)
      if (kind === waitKinds.retainedOutput && this.#listener !== null) return this.#listener.retainedOutput(id)
      return new Promise<never>(() => {})
    })
    const memory = new ivm.ExternalCopy(this.ring.memory).copyInto({ release: true })
    return install.applySync(undefined, [emit, wait, memory], { result: { reference: true } })
  }

  /** Compiles what cells need most, on a thread that is not this one. */
  warmUp(): void {
    this.#receive.applyIgnored(undefined, [commandKinds.warmUp, 0, 0, '', ''])
  }

  /** From here on `listener` hears what the cell does. */
  attach(listener: IsolateListener): void {
    this.#listener = listener
  }

  /**
   * Installs `tools` and `ALL_TOOLS`. `body` is the JSON text of the latter, or the names of many tools: then the cell fetches
   * what it touches, so that isolates cost the same however many there are.
   */
  installCatalogue(body: string): void {
    const isNames = body.startsWith('\n')
    if (isNames) this.#names = body
    this.#receive.applySync(undefined, [commandKinds.catalogue, isNames ? 1 : 0, 0, isNames ? '' : body, ''])
  }

  preload(key: string, json: string): void {
    this.#receive.applySync(undefined, [commandKinds.preload, 0, 0, key, json])
  }

  configure({ time, seed, limits, places }: Pick<StartCommand, 'time' | 'seed' | 'limits' | 'places'>): void {
    const settings = JSON.stringify({ ...limits, places: locationScopes[places] })
    this.#receive.applySync(undefined, [commandKinds.configure, seed, time, settings, ''])
  }

  /** Compiles a whole module and names what it imports. Throws V8's `SyntaxError`. */
  check(source: string): readonly string[] {
    const module = this.#isolate.compileModuleSync(source, { filename: moduleName })
    const imports = module.dependencySpecifiers
    module.release()
    return imports
  }

  /** Makes a checked source ready to run. It is wrapped so that its end and its error are reported from inside. */
  load({ source, driverName, importName, fileName, shiftsEvals }: CellModule): void {
    const before = prefixOf(driverName, importName, fileName, shiftsEvals)
    const after = `\n;}catch($e){${driverName}.err($e);throw $e}${driverName}.ok()`
    const options = { filename: fileName, columnOffset: -before.length }
    this.#module = this.#isolate.compileModuleSync(before + source + after, options)
    this.#module.instantiateSync(this.#context, () => {
      throw new Error('a checked source imports nothing')
    })
  }

  /** Runs the loaded source until it waits, micro-tasks included. Settles either way; a rejection says nothing. */
  run(): Promise<unknown> {
    const module = this.#module
    if (module === null) return Promise.resolve()
    if (this.#inspection === null) return module.evaluate()
    this.#released = this.#attach(this.#inspection)
    return this.#released.then(() => module.evaluate())
  }

  /** Not before all has been compiled: what stops on this thread could not be let go on by it. */
  #attach(inspection: Inspection): Promise<void> {
    const inspector = this.#isolate.createInspectorSession()
    inspector.onResponse = (_id, message) => inspection.onMessage(message)
    inspector.onNotification = (message) => inspection.onMessage(message)
    this.#inspector = inspector
    return inspection.attach({
      dispatch: (message) => {
        if (!this.#isolate.isDisposed) inspector.dispatchProtocolMessage(message)
      },
    })
  }

  /** Hands in one command and runs the cell until it waits again. Settles like `run`. */
  receive(kind: number, id: number, time: number, body: string): Promise<unknown> {
    if (this.#released !== null) {
      return this.#released.then(() => this.#receive.apply(undefined, [kind, id, time, '', body]))
    }
    return this.#receive.apply(undefined, [kind, id, time, '', body])
  }

  /** The same without a word when it is done: another `receive` follows at once, and that one says it for both. */
  receiveSilently(kind: number, id: number, time: number, body: string): void {
    if (this.#released !== null) return void this.receive(kind, id, time, body).catch(() => undefined)
    this.#receive.applyIgnored(undefined, [kind, id, time, '', body])
  }

  /** Processor time in milliseconds; for a slice that is running now this is wall time, an upper bound. */
  get cpuMs(): number {
    return this.#isolate.isDisposed ? 0 : Number(this.#isolate.cpuTime / 1000n) / 1000
  }

  get isDisposed(): boolean {
    return this.#isolate.isDisposed
  }

  /** Throws the isolate away; a thread that runs in it stops at its next check, or not at all. */
  dispose(): void {
    if (this.#isolate.isDisposed) return
    // First: the other way round this thread would stand still for ever.
    this.#inspector?.dispose()
    this.#isolate.dispose()
  }
}

/** What stands before a source on its first line. The driver is told how long that is. */
function prefixOf(driver: string, importName: string | null, fileName: string, shiftsEvals: boolean): string {
  const imports = importName === null ? '' : `,${importName}=${driver}.imp`
  const names = `${JSON.stringify(fileName)},${JSON.stringify(importName ?? '')}`
  const of = (shift: string): string => `const ${driver}=globalThis.$cell(${names},${shift})${imports};try{`
  return of(shiftsEvals ? String(of('000').length).padStart(3, ' ') : '0')
}
