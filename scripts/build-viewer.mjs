import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

// Builds the viewer into one HTML file, which blocks every script except its own.
await build({
  root: 'viewer',
  configFile: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/viewer',
    emptyOutDir: true,
    target: 'esnext',
    modulePreload: false,
    reportCompressedSize: false,
  },
  plugins: [viteSingleFile()],
})
const file = 'dist/viewer/index.html'
const page = readFileSync(file, 'utf8')
const scripts = [...page.matchAll(/<script type="module"[^>]*>([^]*?)<\/script>/g)]
if (scripts.length !== 1) throw new Error(`Cannot build the viewer: expected one script, got ${scripts.length}`)
const hash = createHash('sha256')
  .update(scripts[0]?.[1] ?? '')
  .digest('base64')
writeFileSync(
  file,
  page.replace("script-src 'unsafe-inline'", () => `script-src 'sha256-${hash}'`),
)
