import { readFileSync } from 'node:fs'
import { packageRequire } from '../../package/package-file.ts'

/** Compiles the `quickjs.wasm` of the installed package. */
export function loadQuickJsWasm(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(packageRequire().resolve('quickjs-wasi/quickjs.wasm')))
}
