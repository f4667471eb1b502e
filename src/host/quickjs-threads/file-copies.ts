/** The files of the engine, compressed by gzip, in base64. The build replaces this module (`scripts/build-copies.ts`). */
export const fileCopies = { wasm: '', prelude: '', program: '' }
