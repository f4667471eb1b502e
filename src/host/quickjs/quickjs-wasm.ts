import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Compiles the `quickjs.wasm` of the installed package. */
export function loadQuickJsWasm(): WebAssembly.Module {
  // `import.meta.resolve` does not exist in CommonJS.
  const require = createRequire(import.meta.url)
  return new WebAssembly.Module(readFileSync(require.resolve('quickjs-wasi/quickjs.wasm')))
}
