import { CodecellError } from '../errors.ts'

/** The module `codecell/quickjs.wasm`, or its bytes. */
export type WasmSource = WebAssembly.Module | Uint8Array | ArrayBuffer

/**
 * Returns the compiled module.
 *
 * @throws {CodecellError} `INVALID_OPTION` for other values
 */
export function moduleOf(wasm: WasmSource): WebAssembly.Module {
  try {
    if (wasm instanceof ArrayBuffer || wasm instanceof Uint8Array) return new WebAssembly.Module(new Uint8Array(wasm))
  } catch (cause) {
    throw invalid('bytes that cannot be compiled', cause)
  }
  if (wasm instanceof WebAssembly.Module) return wasm
  throw invalid(typeof wasm, undefined)
}

function invalid(actual: string, cause: unknown): CodecellError {
  const expected = 'a WebAssembly.Module or the bytes of codecell/quickjs.wasm'
  return new CodecellError(
    'INVALID_OPTION',
    `Cannot start QuickJS: expected ${expected} as option "wasm", got ${actual}`,
    { cause, details: { option: 'wasm', expected } },
  )
}
