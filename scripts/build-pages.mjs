import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

// Builds the trace viewer and the console, each into one HTML file, which blocks every script except its own.
for (const name of ['viewer', 'console']) {
  await build({
    root: name,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: `../dist/${name}`,
      // The modules of the server are in the folder of the console.
      emptyOutDir: false,
      target: 'esnext',
      modulePreload: false,
      reportCompressedSize: false,
    },
    plugins: [viteSingleFile()],
  })
  allowOnlyOwnScript(`dist/${name}/index.html`)
}

/** Replaces the source of scripts in the policy of a page by the hash of its only script. */
function allowOnlyOwnScript(file) {
  const page = readFileSync(file, 'utf8')
  const scripts = [...page.matchAll(/<script type="module"[^>]*>([^]*?)<\/script>/g)]
  if (scripts.length !== 1) throw new Error(`Cannot build ${file}: expected one script, got ${scripts.length}`)
  const hash = createHash('sha256')
    .update(scripts[0]?.[1] ?? '')
    .digest('base64')
  writeFileSync(
    file,
    page.replace("script-src 'unsafe-inline'", () => `script-src 'sha256-${hash}'`),
  )
}
