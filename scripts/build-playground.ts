import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type InlineConfig, type Plugin } from 'vite'
import { assemblePrelude } from '../src/host/engine/prelude-script.ts'
import { quickJsPrelude } from '../src/host/quickjs/quickjs-prelude.ts'
import { libraryTexts } from './library-texts.ts'
import { webVariants } from './web-variants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

// Builds the static page of the playground. Its files have relative addresses, so it works under any path.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(root, 'dist', 'playground')
  await buildPlayground(folder)
  for (const file of readdirSync(join(folder, 'assets'))) {
    const bytes = readFileSync(join(folder, 'assets', file))
    console.log(`${file}: ${kib(bytes.length)}, ${kib(gzipSync(bytes).length)} with gzip`)
  }
}

/** Writes the static page of the playground into a folder. */
export async function buildPlayground(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  await build(playgroundConfig(folder))
}

function playgroundConfig(folder: string): InlineConfig {
  return {
    root: join(root, 'playground'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: plugins(),
    worker: { format: 'es', plugins },
    define: { codecellQuickJsPrelude: JSON.stringify(assemblePrelude(quickJsPrelude)) },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      modulePreload: false,
      reportCompressedSize: false,
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 5000,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  }
}

/** Variants for the web must be found before Vite resolves their modules. */
function plugins(): Plugin[] {
  const { name, resolveId } = webVariants()
  return [{ name, resolveId, enforce: 'pre' }, libraryTexts()]
}

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`
}
