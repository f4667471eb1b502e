/** The program of each app: it runs cells with a tool, a yield and a loop, and returns what they printed. */
export const runModule = `
import { createCodeModeTools, createSession, fromFunctions } from 'codecell/portable'

export async function run(options) {
  const tools = fromFunctions({ six: () => 6 })
  const session = await createSession({ ...options, tools, limits: { maxCpuMsPerCell: 300 } })
  const { exec, wait } = createCodeModeTools(session)
  const first = await exec.call('text(await tools.six() * 7); yield_control(); await new Promise((r) => setTimeout(r, 5)); text("later")')
  const second = await wait.call({ cell_id: first.cellId })
  const loop = await session.execute('text("shown"); for (;;);', { yieldTimeMs: 60000 })
  await session.close()
  return [first.items.at(-1).text, second.items.at(-1).text, loop.items[0].text, loop.limit].join()
}
`

/** The result of each app. */
export const expected = '42,later,shown,cpu_ms'

export const hostWorker = `
import { serveHost } from 'codecell/portable/worker'

serveHost()
`

/** esbuild with the loader "binary": the module is part of the bundle, as bytes. */
export const binaryApp = `
import wasm from 'codecell/quickjs.wasm'
import { run } from './run.js'

const result = await run({ wasm })
if (typeof document === 'undefined') console.log(result)
else document.title = result
`

/** esbuild with the loader "file": the import is the path of the file next to the bundle. */
export const fileApp = `
import path from 'codecell/quickjs.wasm'
import { run } from './run.js'

const wasm = await WebAssembly.compileStreaming(fetch(new URL(path, import.meta.url)))
const worker = () => new Worker(new URL('./host-worker.js', import.meta.url), { type: 'module' })
document.title = await run({ wasm, worker })
`

/** Vite: the import is the URL of the file. */
export const viteApp = `
import url from 'codecell/quickjs.wasm?url'
import { run } from './run.js'

const wasm = await WebAssembly.compileStreaming(fetch(url))
const worker = () => new Worker(new URL('./host-worker.js', import.meta.url), { type: 'module' })
document.title = await run({ wasm, worker })
`

/** webpack and Next.js: \`new URL\` is the URL of an asset. */
export const webpackApp = `
import { run } from './run.js'

const wasm = await WebAssembly.compileStreaming(fetch(new URL('codecell/quickjs.wasm', import.meta.url)))
const worker = () => new Worker(new URL('./host-worker.js', import.meta.url))
document.title = await run({ wasm, worker })
`

/** workerd and other edge platforms: the import is the compiled module. */
export const workerdApp = `
import wasm from 'codecell/quickjs.wasm'
import { run } from './run.js'

export default {
  async fetch() {
    return new Response(await run({ wasm }))
  },
  async test() {
    console.log(await run({ wasm }))
  },
}
`

export const workerdConfig = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .app)]);
const app :Workerd.Worker = (
  modules = [(name = "app.js", esModule = embed "app.js"), (name = "codecell/quickjs.wasm", wasm = embed "quickjs.wasm")],
  compatibilityDate = "2026-01-01",
);
`

/** Node, Bun and Deno without a bundler. */
export const fileSystemApp = `
import { readFileSync } from 'node:fs'
import { run } from './run.js'

console.log(await run({ wasm: readFileSync(new URL(import.meta.resolve('codecell/quickjs.wasm'))) }))
`
