import { gunzipSync } from 'node:zlib'
import { fileCopies } from './file-copies.ts'
import type { QuickJsFiles } from './quickjs-files.ts'

/** Returns the copies of the files that are part of the code. */
export function bundledFiles(): QuickJsFiles {
  const { wasm, prelude, program } = fileCopies
  return {
    wasm: new WebAssembly.Module(bytesOf(wasm)),
    prelude: new TextDecoder().decode(bytesOf(prelude)),
    baseline: null,
    program: new TextDecoder().decode(bytesOf(program)),
  }
}

function bytesOf(copy: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(Buffer.from(copy, 'base64')))
}
