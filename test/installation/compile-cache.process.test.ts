import { execFile } from 'node:child_process'
import { chmodSync, globSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { newFolder } from '../support/folder.ts'

const command = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

/** Runs a command with a folder of caches. Returns its output. */
async function versionWith(caches: string): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: caches }
  return (await promisify(execFile)(process.execPath, [command, '--version'], { env })).stdout
}

/** Returns the number of files below a folder. */
function filesIn(folder: string): number {
  return globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile()).length
}

test('a command keeps its compiled code in a folder that only its user can read', async () => {
  const caches = newFolder()
  expect(await versionWith(caches)).toMatch(/^\d+\.\d+\.\d+\n$/)
  const folder = join(caches, 'codecell', 'compiled')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(filesIn(folder)).toBeGreaterThan(5)
})

test.each([
  {
    what: 'a folder that others can write into',
    prepare: (folder: string) => {
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, 0o777)
    },
  },
  {
    what: 'a link',
    prepare: (folder: string) => {
      mkdirSync(join(folder, '..', 'elsewhere'), { recursive: true, mode: 0o700 })
      symlinkSync('elsewhere', folder)
    },
  },
  {
    what: 'a file',
    prepare: (folder: string) => {
      mkdirSync(join(folder, '..'), { recursive: true })
      writeFileSync(folder, '')
    },
  },
])('a command runs without $what as its cache', async ({ prepare }) => {
  const caches = newFolder()
  prepare(join(caches, 'codecell', 'compiled'))
  const before = filesIn(join(caches, 'codecell'))
  expect(await versionWith(caches)).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(filesIn(join(caches, 'codecell'))).toBe(before)
})
