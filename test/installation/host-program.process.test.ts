import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { nodeStackBytes } from '../../src/host/quickjs-threads/quickjs-engine.ts'
import { decodeBaseline } from '../../src/host/quickjs-threads/stored-baseline.ts'
import { createBaseline } from '../../src/host/quickjs/baseline.ts'
import { memoryDigest } from '../../src/host/quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../../src/host/quickjs/quickjs-wasm.ts'
import { newFolder } from '../support/folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Modules of Node that take long to load without its startup snapshot, and a package that few programs need. */
const slow = ['node:crypto', 'node:worker_threads', 'node:os', 'acorn']

test('a host of V8 loads few files, and nothing slow that its first cell does not need', () => {
  const files = globSync('*.cjs', { cwd: join(root, 'dist', 'host') }).filter((name) => !name.startsWith('quickjs'))
  expect(files.length).toBeLessThanOrEqual(3)
  for (const file of files) {
    const program = readFileSync(join(root, 'dist', 'host', file), 'utf8')
    const loaded = program.matchAll(/^(?:let|const|var) \w+ = require\("([^"]+)"\)/gm).map(([, name]) => name)
    const names = new Set(loaded)
    expect(slow.filter((name) => names.has(name))).toEqual([])
  }
})

test.each(['v8', 'quickjs'])('a host of the package with %s parses a program with imports and exports', (engine) => {
  const file = join(newFolder(), 'program.js')
  writeFileSync(file, 'export const name = await import("x").catch(String)\ntext(name)')
  const bin = join(root, 'bin', 'codecell.js')
  expect(execFileSync(process.execPath, [bin, 'exec', '--engine', engine, file], { encoding: 'utf8' })).toContain(
    'unsupported import in exec',
  )
})

test('the stored baseline of the package is the one that its prelude creates', () => {
  const prelude = readFileSync(join(root, 'dist', 'host', 'quickjs-prelude.js'), 'utf8')
  const stored = readFileSync(join(root, 'dist', 'host', 'quickjs-baseline.bin'))
  const computed = createBaseline({ wasm: loadQuickJsWasm(), prelude, stackBytes: nodeStackBytes })
  const decoded = decodeBaseline(stored, nodeStackBytes)
  expect(decoded === null ? null : memoryDigest(decoded.memory)).toBe(memoryDigest(computed.memory))
  expect(decoded?.digest).toBe(memoryDigest(computed.memory))
})
