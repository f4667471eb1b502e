import { readFileSync } from 'node:fs'

/** Compiles the `quickjs.wasm` of the installed package. */
export function loadQuickJsWasm(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm'))))
}
