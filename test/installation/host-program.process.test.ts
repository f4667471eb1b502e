import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the host program is one file that loads only what every cell needs when it starts', () => {
  const program = readFileSync(join(root, 'dist', 'host', 'main.cjs'), 'utf8')
  const loaded = [...program.matchAll(/^(?:let|const|var) \w+ = require\("([^"]+)"\)/gm)].map(([, name]) =>
    String(name),
  )
  expect(loaded.toSorted()).toEqual(['node:fs', 'node:module', 'node:net', 'node:path', 'node:vm'])
})

test('a host of the package parses a program with imports and exports', () => {
  const file = join(newFolder(), 'program.js')
  writeFileSync(file, 'export const name = await import("x").catch(String)\ntext(name)')
  const bin = join(root, 'bin', 'codecell.js')
  expect(execFileSync(process.execPath, [bin, 'exec', file], { encoding: 'utf8' })).toContain(
    'unsupported import in exec',
  )
})
