import { readFileSync } from 'node:fs'
import { findModule, packageFile, runsFromSource, startedModule } from '../../package/package-file.ts'
import { loadQuickJsPrelude } from '../quickjs/quickjs-prelude.ts'
import { loadQuickJsWasm } from '../quickjs/quickjs-wasm.ts'

/** The files of the engine. */
export type QuickJsFiles = {
  readonly wasm: WebAssembly.Module
  readonly prelude: string
  /** A stored baseline, or null where there is none. */
  readonly baseline: Uint8Array | null
  /** The program of its threads: a module, or the source of a CommonJS module. */
  readonly program: URL | string
}

/** The file that a build writes a baseline to. */
const builtBaseline = 'dist/host/quickjs-baseline.bin'

/** Returns the files of the installed package. */
export function installedFiles(): QuickJsFiles {
  return {
    wasm: loadQuickJsWasm(),
    prelude: loadQuickJsPrelude(),
    baseline: runsFromSource() ? null : readFileSync(packageFile(builtBaseline)),
    program: startedModule('host/quickjs-threads/thread-worker'),
  }
}

/** Returns the files of the installed package, or copies of them when codecell is part of a bundle, which has no other files. */
export async function findFiles(): Promise<QuickJsFiles> {
  if (findModule('host/quickjs-threads/thread-worker') !== null) return installedFiles()
  return (await import('./bundled-files.ts')).bundledFiles()
}
