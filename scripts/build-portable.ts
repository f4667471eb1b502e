import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { rolldown, type RolldownOptions } from 'rolldown'
import { assemblePrelude } from '../src/host/engine/prelude-script.ts'
import { quickJsPrelude } from '../src/host/quickjs/quickjs-prelude.ts'
import { isExternal } from './build-modules.ts'
import { portableEntries } from './portable-entries.ts'
import { webVariants } from './web-variants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Returns the options of the bundler for modules that need nothing of Node. */
export function webBuildOptions(): RolldownOptions {
  return {
    cwd: root,
    platform: 'browser',
    plugins: [webVariants()],
    external: isExternal,
    transform: {
      target: 'es2023',
      define: { codecellQuickJsPrelude: JSON.stringify(assemblePrelude(quickJsPrelude)) },
    },
  }
}

/** Writes the portable entries and `quickjs.wasm` into a folder. */
export async function buildPortable(folder: string): Promise<void> {
  for (const entry of portableEntries) {
    await using build = await rolldown({ ...webBuildOptions(), input: `src/${entry}.ts` })
    await build.write({ file: `${folder}/${entry}.js`, format: 'esm', sourcemap: true })
  }
  copyFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'), `${folder}/quickjs.wasm`)
}
