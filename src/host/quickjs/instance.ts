import { copyChangedPages } from './changed-pages.ts'
import { decodeGuestString, encodeGuestString } from './guest-strings.ts'
import { constantWasi } from './wasi.ts'
import { wasmExportsOf, type WasmExports } from './wasm-exports.ts'

/** A value of the guest: a pointer to its box. */
export type GuestValue = number

/** Receives what the guest calls. Exceptions end the slice: they pass through the instance, which cannot be used after that. */
export interface InstanceHost {
  /** Called by a host function with its name and its arguments, which the guest frees. Returns a value for the guest to free. */
  onHostCall(name: string, args: readonly GuestValue[]): GuestValue
  /** Called after each 10,000 or so steps of the program. */
  onInterruptCheck(): void
  /** Called when a promise rejects without a handler, and when it gets one. The caller frees both. */
  onRejection(promise: GuestValue, reason: GuestValue, isHandled: boolean): void
  /** Called with the specifier of an import. The import rejects with the returned string. */
  onImport(specifier: string): string
}

/** The position of everything in the memory of an instance. */
export type Registers = {
  readonly stackPointer: number
  readonly runtime: number
  readonly context: number
}

/** The state of an instance that another one takes. */
type CopiedState = {
  readonly memory: Uint8Array
  readonly registers: Registers
  /** Whether other instances take the same state. */
  readonly isReused: boolean
}

/** The builtins of the engine, as bits: all but `performance`, `DOMException`, `atob` and `btoa`. */
const intrinsics = 0x3ff
const moduleFlags = { evaluate: 1, compileOnly: 1 | 32 } as const
const pageBytes = 65536

/** An instance of `quickjs.wasm`, with values of the guest as pointers. */
export class QuickJsInstance {
  readonly #wasm: WasmExports
  readonly #host: InstanceHost
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(this.#bytes.buffer)

  private constructor(wasm: WebAssembly.Module, host: InstanceHost) {
    this.#host = host
    const instance = new WebAssembly.Instance(wasm, {
      env: {
        host_get_timezone_offset: () => 0,
        host_interrupt: () => (host.onInterruptCheck(), 0),
        host_promise_rejection: (promise: number, reason: number, isHandled: number) =>
          this.#onRejection(promise, reason, isHandled !== 0),
        host_module_normalize: (_base: number, name: number) => this.#onImport(name),
        host_module_load: () => 0,
        host_call: (name: number, length: number, _receiver: number, count: number, args: number) =>
          host.onHostCall(this.#textAt(name, length), this.#pointersAt(args, count)),
      },
      wasi_snapshot_preview1: constantWasi(() => this.view),
    })
    this.#wasm = wasmExportsOf(instance)
  }

  /** Creates an instance with a new runtime. */
  static create(wasm: WebAssembly.Module, stackBytes: number, host: InstanceHost): QuickJsInstance {
    const instance = new QuickJsInstance(wasm, host)
    const exports = instance.#wasm
    exports.initialize()
    if (exports.qjs_init2(intrinsics) !== 0) throw new Error('Cannot start QuickJS: it refuses to initialize')
    exports.qjs_set_max_stack_size(stackBytes)
    exports.qjs_set_interrupt_handler(1)
    exports.qjs_set_promise_rejection_handler(1)
    exports.qjs_set_module_loader(1)
    return instance
  }

  /** Creates an instance with the memory of another one. */
  static copyOf(
    wasm: WebAssembly.Module,
    { memory, registers: at, isReused }: CopiedState,
    host: InstanceHost,
  ): QuickJsInstance {
    const instance = new QuickJsInstance(wasm, host)
    const exports = instance.#wasm
    const missing = memory.length - exports.memory.buffer.byteLength
    if (missing > 0) exports.memory.grow(Math.ceil(missing / pageBytes))
    if (isReused) copyChangedPages(memory, instance.bytes)
    else instance.bytes.set(memory)
    exports.qjs_set_runtime_and_context(at.runtime, at.context)
    exports.stackPointer.value = at.stackPointer
    return instance
  }

  get registers(): Registers {
    return {
      stackPointer: Number(this.#wasm.stackPointer.value),
      runtime: this.#wasm.qjs_get_runtime_ptr(),
      context: this.#wasm.qjs_get_context_ptr(),
    }
  }

  /** The linear memory. It is another object after the memory has grown. */
  get bytes(): Uint8Array {
    const { buffer } = this.#wasm.memory
    if (this.#bytes.buffer !== buffer) {
      this.#bytes = new Uint8Array(buffer)
      this.#view = new DataView(buffer)
    }
    return this.#bytes
  }

  get view(): DataView {
    return this.bytes.buffer === this.#view.buffer ? this.#view : new DataView(this.bytes.buffer)
  }

  get memoryBytes(): number {
    return this.#wasm.memory.buffer.byteLength
  }

  /** Limits the memory that the guest allocates. */
  set memoryLimit(bytes: number) {
    this.#wasm.qjs_set_memory_limit(bytes)
  }

  #onRejection(promise: number, reason: GuestValue, isHandled: boolean): void {
    try {
      this.#host.onRejection(promise, reason, isHandled)
    } finally {
      this.free(promise)
      this.free(reason)
    }
  }

  #onImport(name: number): number {
    const bytes = this.bytes
    const thrown = this.newString(this.#host.onImport(this.#textAt(name, bytes.indexOf(0, name) - name)))
    this.free(this.#wasm.qjs_throw(thrown))
    this.free(thrown)
    return 0
  }

  /** Evaluates a script. Returns its value, or an exception. */
  evaluate(source: string, file: string): GuestValue {
    return this.#eval(source, file, 0)
  }

  /** Compiles a module. Returns it, or an exception. */
  compileModule(source: string, file: string): GuestValue {
    return this.#eval(source, file, moduleFlags.compileOnly)
  }

  #eval(source: string, file: string, flags: number): GuestValue {
    const code = encodeGuestString(source)
    const from = this.#copyIn(code)
    const name = this.#copyIn(encodeGuestString(file))
    const value = this.#wasm.qjs_eval(from, code.length, name, flags)
    this.#wasm.wasm_free(from)
    this.#wasm.wasm_free(name)
    return value
  }

  /** Runs a compiled module, and frees it. Returns the promise of its end. */
  runModule(module: GuestValue): GuestValue {
    const compiled = this.view.getBigUint64(module, true)
    const promise = this.#wasm.evalFunction(this.#wasm.qjs_get_context_ptr(), compiled)
    // The box of the module is empty: running it has freed its content.
    this.view.setBigInt64(module, promise, true)
    return module
  }

  /** Calls a function of the guest, and frees the arguments. Returns its value, or an exception. */
  call(fn: GuestValue, args: readonly GuestValue[]): GuestValue {
    const wasm = this.#wasm
    const receiver = wasm.qjs_get_undefined()
    const list = wasm.wasm_malloc(args.length * 4 + 4)
    const { view } = this
    for (const [index, value] of args.entries()) view.setUint32(list + index * 4, value, true)
    const result = wasm.qjs_call(fn, receiver, args.length, list)
    wasm.wasm_free(list)
    for (const value of args) this.free(value)
    this.free(receiver)
    return result
  }

  /** Runs the next micro-task. Returns false if there is none. */
  runJob(): boolean {
    if (this.#wasm.qjs_is_job_pending() === 0) return false
    if (this.#wasm.qjs_execute_pending_job() < 0) this.free(this.takeException())
    return true
  }

  newHostFunction(name: string): GuestValue {
    const bytes = encodeGuestString(name)
    const at = this.#copyIn(bytes)
    const value = this.#wasm.qjs_new_host_function(at, bytes.length, 0)
    this.#wasm.wasm_free(at)
    return value
  }

  newString(text: string): GuestValue {
    const bytes = encodeGuestString(text)
    const at = this.#copyIn(bytes)
    const value = this.#wasm.qjs_new_string(at, bytes.length)
    this.#wasm.wasm_free(at)
    return value
  }

  newNumber(value: number): GuestValue {
    return this.#wasm.qjs_new_number(value)
  }

  newUndefined(): GuestValue {
    return this.#wasm.qjs_get_undefined()
  }

  numberOf(value: GuestValue): number {
    return this.#wasm.qjs_get_float64(value)
  }

  /** Returns the text of a string; for another value, what the guest converts it to. */
  stringOf(value: GuestValue): string {
    const length = this.#wasm.wasm_malloc(4)
    const from = this.#wasm.qjs_get_string_len(value, length)
    const text = from === 0 ? '' : this.#textAt(from, this.view.getUint32(length, true))
    if (from !== 0) this.#wasm.qjs_free_cstring(from)
    this.#wasm.wasm_free(length)
    return text
  }

  /** Returns a property of an object. */
  propertyOf(owner: GuestValue, name: string): GuestValue {
    const at = this.#copyIn(encodeGuestString(name))
    const value = this.#wasm.qjs_get_prop_string(owner, at)
    this.#wasm.wasm_free(at)
    return value
  }

  get global(): GuestValue {
    return this.#wasm.qjs_get_global()
  }

  isException(value: GuestValue): boolean {
    return this.#wasm.qjs_is_exception(value) !== 0
  }

  /** Returns the pending exception, which is then no longer pending. */
  takeException(): GuestValue {
    return this.#wasm.qjs_get_exception()
  }

  /** The state of a promise: 0 pending, 1 fulfilled, 2 rejected. */
  promiseState(promise: GuestValue): number {
    return this.#wasm.qjs_promise_state(promise)
  }

  promiseResult(promise: GuestValue): GuestValue {
    return this.#wasm.qjs_promise_result(promise)
  }

  /** Returns a number that identifies an object. */
  identityOf(object: GuestValue): number {
    return this.#wasm.qjs_get_value_ptr(object)
  }

  /** Returns another box with the same value. */
  copyOf(value: GuestValue): GuestValue {
    return this.#wasm.qjs_dup_value(value)
  }

  free(value: GuestValue): void {
    this.#wasm.qjs_free_value(value)
  }

  /** Copies bytes to memory that the caller frees, with a zero after them. */
  #copyIn(bytes: Uint8Array): number {
    const at = this.#wasm.wasm_malloc(bytes.length + 1)
    if (at === 0) throw new GuestMemoryError('Cannot pass a string to a cell: its memory is full')
    const memory = this.bytes
    memory.set(bytes, at)
    memory[at + bytes.length] = 0
    return at
  }

  #textAt(from: number, length: number): string {
    return decodeGuestString(this.bytes.subarray(from, from + length))
  }

  #pointersAt(list: number, count: number): readonly GuestValue[] {
    const { view } = this
    return Array.from({ length: count }, (_, index) => view.getUint32(list + index * 4, true))
  }
}

/** The memory of a cell has no room for a string of the host. */
export class GuestMemoryError extends Error {}
