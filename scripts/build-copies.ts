import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown, type Plugin } from 'rolldown'
import { assemblePrelude } from '../src/host/engine/prelude-script.ts'
import { quickJsPrelude } from '../src/host/quickjs/quickjs-prelude.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Threads that also start in a bundle. */
const smallThreads = ['session/services/type-stripper-worker', 'trace/bundle/writer-worker']

/** Writes the copies of files, with which codecell works in programs that are bundled into one file. */
export const fileCopies: Plugin = {
  name: 'file-copies',
  load: {
    filter: { id: /[\\/](?:file|thread)-copies\.ts$/ },
    async handler(id) {
      if (id.endsWith('thread-copies.ts')) {
        const sources = await Promise.all(smallThreads.map(async (name) => [name, await threadSource(name)]))
        return `export const threadCopies = ${JSON.stringify(Object.fromEntries(sources))}`
      }
      const wasm = readFileSync(createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm'))
      const copies = {
        wasm,
        prelude: assemblePrelude(quickJsPrelude),
        program: await threadSource('host/quickjs-threads/thread-worker'),
      }
      const entries = Object.entries(copies).map(([name, file]) => [
        name,
        gzipSync(file, { level: 9 }).toString('base64'),
      ])
      return `export const fileCopies = ${JSON.stringify(Object.fromEntries(entries))}`
    },
  },
}

/** Returns the program of a thread as the source of one CommonJS module. */
async function threadSource(name: string): Promise<string> {
  await using build = await rolldown({
    cwd: root,
    input: `src/${name}.ts`,
    platform: 'node',
    transform: { target: 'es2023' },
    external: /^node:/,
  })
  const { output } = await build.generate({ format: 'cjs', minify: true, codeSplitting: false })
  return output[0].code
}
