// The functions of `quickjs.wasm` that the engine calls. They are no public interface of the package `quickjs-wasi`, so its version is
// pinned, and only this file names them. A value of the guest is a pointer to a box of 8 bytes, which its owner frees.

/** Functions that take and return numbers: pointers, lengths and flags. */
export const numberFunctions = [
  'qjs_call',
  'qjs_dup_value',
  'qjs_eval',
  'qjs_execute_pending_job',
  'qjs_free_cstring',
  'qjs_free_value',
  'qjs_get_context_ptr',
  'qjs_get_exception',
  'qjs_get_float64',
  'qjs_get_global',
  'qjs_get_prop_string',
  'qjs_get_runtime_ptr',
  'qjs_get_string_len',
  'qjs_get_undefined',
  'qjs_get_value_ptr',
  'qjs_init2',
  'qjs_is_exception',
  'qjs_is_job_pending',
  'qjs_is_string',
  'qjs_is_undefined',
  'qjs_new_host_function',
  'qjs_new_number',
  'qjs_new_string',
  'qjs_promise_result',
  'qjs_promise_state',
  'qjs_set_interrupt_handler',
  'qjs_set_max_stack_size',
  'qjs_set_memory_limit',
  'qjs_set_module_loader',
  'qjs_set_promise_rejection_handler',
  'qjs_set_runtime_and_context',
  'qjs_throw',
  'wasm_free',
  'wasm_malloc',
] as const

/** The function that takes and returns values of the guest as 64-bit integers: it runs a compiled module. */
export const evalFunctionName = 'JS_EvalFunction'

type NumberFunction = (...args: number[]) => number

export type WasmExports = {
  readonly [Name in (typeof numberFunctions)[number]]: NumberFunction
} & {
  readonly memory: WebAssembly.Memory
  readonly stackPointer: WebAssembly.Global
  readonly initialize: NumberFunction
  readonly evalFunction: (context: number, value: bigint) => bigint
}

/** Returns the exports by their names. Throws if one is missing. */
export function wasmExportsOf({ exports }: WebAssembly.Instance): WasmExports {
  const functions = Object.fromEntries(numberFunctions.map((name) => [name, functionOf(exports, name)]))
  const { memory, __stack_pointer: stackPointer, _initialize: initialize, [evalFunctionName]: evalFunction } = exports
  if (
    !hasAll(functions) ||
    !isMemory(memory) ||
    !isGlobal(stackPointer) ||
    !isEvalFunction(evalFunction) ||
    !isNumberFunction(initialize)
  ) {
    throw new Error('Cannot use quickjs.wasm: it is not the file of the pinned version of quickjs-wasi')
  }
  return { ...functions, memory, stackPointer, initialize, evalFunction }
}

function functionOf(exports: Readonly<Record<string, unknown>>, name: string): NumberFunction | null {
  const value = exports[name]
  return isNumberFunction(value) ? value : null
}

function hasAll(
  functions: Readonly<Record<string, NumberFunction | null>>,
): functions is Record<(typeof numberFunctions)[number], NumberFunction> {
  return Object.values(functions).every((value) => value !== null)
}

function isNumberFunction(value: unknown): value is NumberFunction {
  return typeof value === 'function'
}

function isEvalFunction(value: unknown): value is (context: number, value: bigint) => bigint {
  return typeof value === 'function'
}

function isMemory(value: unknown): value is WebAssembly.Memory {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'grow' in value
}

function isGlobal(value: unknown): value is WebAssembly.Global {
  return typeof value === 'object' && value !== null && 'value' in value
}
