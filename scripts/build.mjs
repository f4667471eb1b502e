import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { assemblePrelude } from '../src/host/engine/prelude-script.ts'
import { nodeStackBytes } from '../src/host/quickjs-threads/quickjs-engine.ts'
import { encodeBaseline } from '../src/host/quickjs-threads/stored-baseline.ts'
import { createBaseline } from '../src/host/quickjs/baseline.ts'
import { quickJsPrelude } from '../src/host/quickjs/quickjs-prelude.ts'
import { memoryDigest } from '../src/host/quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../src/host/quickjs/quickjs-wasm.ts'
import { builtPrelude, v8Prelude } from '../src/host/v8/v8-prelude.ts'
import { buildCommonJs, buildModules } from './build-modules.ts'
import { buildPortable } from './build-portable.ts'
import { buildTypesWorker } from './build-types-worker.ts'

// Compiles the package, unless `dist` was built from the same files. With `--force` it compiles in any case.
const inputs = [
  'src/**/*.{ts,js}',
  '{viewer,console}/**/*.{ts,tsx,css,html,json}',
  'tsconfig*.json',
  'package-lock.json',
  'playground/src/types/*.ts',
  'console/src/playground/types/*.ts',
  'scripts/{build,web,portable,library}*.{ts,mjs}',
  'package.json',
]
const outputs = 'dist/**/*.{js,cjs,d.ts,d.cts,html,wasm,bin,br}'
const stampFile = join('dist', '.build')

const wanted = digestOf(inputs)
if (process.argv.includes('--force') || !isBuilt()) {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  rmSync('dist', { recursive: true, force: true })
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  await buildModules('dist')
  await buildCommonJs('dist')
  await buildPortable('dist')
  writeFileSync('dist/host/v8-prelude.js', builtPrelude(assemblePrelude(v8Prelude)))
  const prelude = assemblePrelude(quickJsPrelude)
  writeFileSync('dist/host/quickjs-prelude.js', prelude)
  writeFileSync('dist/host/quickjs-baseline.bin', builtBaseline(prelude))
  writeRequiredEntries()
  await import('./build-pages.mjs')
  await buildTypesWorker('dist/console/types-worker.js.br')
  writeFileSync(stampFile, `${wanted} ${digestOf([outputs])}`)
}

/** Returns the baseline of QuickJS in threads of Node. It is the same on all machines. */
function builtBaseline(prelude) {
  const { wasm: _wasm, ...baseline } = createBaseline({ wasm: loadQuickJsWasm(), prelude, stackBytes: nodeStackBytes })
  return encodeBaseline({ ...baseline, digest: memoryDigest(baseline.memory) })
}

/**
 * Writes the module that `require` loads for each entry. Every version of Node can parse it; an unsupported one gets an error that
 * names the required version.
 */
function writeRequiredEntries() {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const { require: required, default: imported } of Object.values(exports)) {
    if (required === undefined) continue
    const module = `./${basename(imported)}`
    const check = "require('../bin/supported-node.cjs').checkRuntime()"
    writeFileSync(required.default, `'use strict'\n${check}\nmodule.exports = require('${module}')\n`)
    writeFileSync(required.types, `export * from '${module}'\n`)
  }
}

/** The stamp also covers the outputs, so a build that was changed or interrupted does not count. */
function isBuilt() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === `${wanted} ${digestOf([outputs])}`
}

function digestOf(patterns) {
  const hash = createHash('sha256')
  const files = globSync(patterns, { exclude: (name) => name === 'node_modules' })
  for (const file of files.toSorted()) {
    const content = readFileSync(file)
    hash.update(`${file} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}
