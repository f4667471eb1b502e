import type Ivm from 'isolated-vm'
import type { StartCommand } from '../../protocol/command.ts'
import { commandKinds, locationScopes, waitKinds, type EmittedCall } from '../engine/bridge.ts'
import type { Inspection } from '../engine/inspection.ts'
import { ivm } from './isolated-vm.ts'
import { compilePrelude } from './prelude-code.ts'
import type { TextSite } from './text-sites.ts'
import { loadV8Prelude, type LoadedPrelude } from './v8-prelude.ts'

/** Receives the calls out of an isolate. */
export interface IsolateCalls {
  onCall(call: EmittedCall): void
  /** Resolves when the host can take more; the cell waits until then. */
  fence(): Promise<void>
  /** Resolves with the retained output of a cell of the session, or undefined. */
  retainedOutput(output: number): Promise<string | undefined>
  /** Called when V8 has lost control of the isolate: its thread never returns. */
  onLost(message: string): void
}

export const prelude: LoadedPrelude = loadV8Prelude()
export const moduleName = 'exec_main.mjs'

/**
 * A checked source, ready to be wrapped. Its names depend only on the source, so runs cannot be distinguished by them.
 */
export type CellModule = {
  readonly source: string
  /** The name of the driver, which does not occur in the source. */
  readonly driverName: string
  /** The name that replaces `import` in the source; null if the source has none. */
  readonly importName: string | null
  readonly fileName: string
  /** Calls of `text` with names of their own. */
  readonly sites: readonly TextSite[]
  /** Whether the source may evaluate code, whose stack then contains columns of the wrapped source. */
  readonly shiftsEvals: boolean
}

const preludeName = 'codecell:prelude'
/** Code cache of the prelude, made for the second isolate: a process that runs one short cell needs none. */
let preludeCode: Ivm.ExternalCopy<ArrayBuffer> | undefined
let hasPrelude = false

function codeOfPrelude(): Ivm.ExternalCopy<ArrayBuffer> | undefined {
  if (hasPrelude) preludeCode ??= new ivm.ExternalCopy(compilePrelude(prelude.source, preludeName))
  hasPrelude = true
  return preludeCode
}

/**
 * An isolate with the prelude in it, for one cell. Only this file uses isolated-vm. Only strings and numbers cross the
 * boundary, through one callback out and one function in. Calls run on the threads of isolated-vm, never on this one.
 */
export class Isolate {
  readonly #isolate: Ivm.Isolate
  readonly #context: Ivm.Context
  readonly #receive: Ivm.Reference
  readonly #inspection: Inspection | null
  #inspector: Ivm.InspectorSession | null = null
  /** Resolves when a debugger lets the program run; null without a debugger. */
  #released: Promise<void> | null = null
  #calls: IsolateCalls | null = null
  #module: Ivm.Module | null = null
  /** Names of the tools of a large catalogue, each after a line feed. */
  #names = ''

  /** `ring` is the memory of a `TextRing`. With an inspection the program waits for a debugger before it runs. */
  constructor(memoryMb: number, ring: SharedArrayBuffer, inspection: Inspection | null) {
    this.#inspection = inspection
    this.#isolate = new ivm.Isolate({
      memoryLimit: memoryMb,
      inspector: inspection !== null,
      onCatastrophicError: (message) => this.#calls?.onLost(message),
    })
    this.#context = this.#isolate.createContextSync({ inspector: inspection !== null })
    this.#receive = this.#install(ring)
  }

  #install(ring: SharedArrayBuffer): Ivm.Reference {
    const origin = { filename: preludeName }
    const cachedData = codeOfPrelude()
    const script = this.#isolate.compileScriptSync(
      prelude.source,
      cachedData === undefined ? origin : { ...origin, cachedData },
    )
    const install = script.runSync(this.#context, { reference: true })
    const emit = new ivm.Callback(
      (kind: number, id: number, a: string, b: string) => this.#calls?.onCall({ kind, id, a, b }),
      { ignored: true },
    )
    // A parked isolate waits for a promise that never settles; disposing the isolate releases its thread.
    const wait = new ivm.Reference((kind: number, id: number): Promise<string | undefined | void> => {
      if (kind === waitKinds.fence && this.#calls !== null) return this.#calls.fence()
      if (kind === waitKinds.toolNames) return Promise.resolve(`${this.#names}\n`)
      if (kind === waitKinds.retainedOutput && this.#calls !== null) return this.#calls.retainedOutput(id)
      return new Promise<never>(() => {})
    })
    const memory = new ivm.ExternalCopy(ring).copyInto({ release: true })
    return install.applySync(undefined, [emit, wait, memory], { result: { reference: true } })
  }

  /** Compiles what most cells need, on a thread of isolated-vm. */
  warmUp(): void {
    this.#receive.applyIgnored(undefined, [commandKinds.warmUp, 0, 0, '', ''])
  }

  /** Sends the calls of the program to `calls`. */
  attach(calls: IsolateCalls): void {
    this.#calls = calls
  }

  installCatalogue(body: string): void {
    const isNames = body.startsWith('\n')
    if (isNames) this.#names = body
    this.#receive.applySync(undefined, [commandKinds.catalogue, isNames ? 1 : 0, 0, isNames ? '' : body, ''])
  }

  preload(key: string, json: string): void {
    this.#receive.applySync(undefined, [commandKinds.preload, 0, 0, key, json])
  }

  configure({ time, seed, limits, places }: Pick<StartCommand, 'time' | 'seed' | 'limits' | 'places'>): void {
    const settings = JSON.stringify({ ...limits, locationScope: locationScopes[places] })
    this.#receive.applySync(undefined, [commandKinds.configure, seed, time, settings, ''])
  }

  /** Whether a debugger shows the source. */
  get isInspected(): boolean {
    return this.#inspection !== null
  }

  /** Compiles a whole module and returns the names of its imports. Throws the `SyntaxError` of V8. */
  check(source: string): readonly string[] {
    const module = this.#isolate.compileModuleSync(source, { filename: moduleName })
    const imports = module.dependencySpecifiers
    module.release()
    return imports
  }

  /** Prepares a checked source to run. The wrapper reports its end and its error from inside. */
  load(module: CellModule): void {
    const { source, driverName, fileName } = module
    const before = prefixOf(module)
    const after = `\n;}catch($e){${driverName}.err($e);throw $e}${driverName}.ok()`
    const options = { filename: fileName, columnOffset: -before.length }
    this.#module = this.#isolate.compileModuleSync(before + source + after, options)
    this.#module.instantiateSync(this.#context, () => {
      throw new Error('Cannot import from a checked source')
    })
  }

  /** Runs the loaded source until it waits, micro-tasks included. Settles either way; a rejection has no meaning. */
  run(): Promise<unknown> {
    const module = this.#module
    if (module === null) return Promise.resolve()
    if (this.#inspection === null) return module.evaluate()
    this.#released = this.#attach(this.#inspection)
    return this.#released.then(() => module.evaluate())
  }

  /** Attaches last: this thread could not resume what stops while it compiles. */
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

  /** Passes one command in and runs the cell until it waits again. Settles like `run`. */
  receive(kind: number, id: number, time: number, body: string): Promise<unknown> {
    if (this.#released !== null) {
      return this.#released.then(() => this.#receive.apply(undefined, [kind, id, time, '', body]))
    }
    return this.#receive.apply(undefined, [kind, id, time, '', body])
  }

  /** Passes a command in without a promise: another `receive` follows at once, and reports the end of both. */
  receiveSilently(kind: number, id: number, time: number, body: string): void {
    if (this.#released !== null) return void this.receive(kind, id, time, body).catch(() => undefined)
    this.#receive.applyIgnored(undefined, [kind, id, time, '', body])
  }

  /** CPU time in milliseconds. During a slice this is wall time, which is an upper bound. */
  get cpuMs(): number {
    return this.#isolate.isDisposed ? 0 : Number(this.#isolate.cpuTime / 1000n) / 1000
  }

  get isDisposed(): boolean {
    return this.#isolate.isDisposed
  }

  /** Disposes the isolate. A thread that runs in it stops at its next check, or never. */
  dispose(): void {
    if (this.#isolate.isDisposed) return
    // The inspector first: in the other order this thread would block forever.
    this.#inspector?.dispose()
    this.#isolate.dispose()
  }
}

/** Returns the code before a source on its first line. The driver gets its length. */
function prefixOf({ driverName: driver, importName, fileName, shiftsEvals, sites }: CellModule): string {
  const imports = importName === null ? '' : `,${importName}=${driver}.imp`
  const names = `${JSON.stringify(fileName)},${JSON.stringify(importName ?? '')}`
  const texts = sites.map(({ name, line, column }) => `,${name}=${driver}.text("${name}",${line},${column})`).join('')
  const of = (shift: string): string => `const ${driver}=globalThis.$cell(${names},${shift})${imports}${texts};try{`
  return of(shiftsEvals ? String(of('000').length).padStart(3, ' ') : '0')
}
