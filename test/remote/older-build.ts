import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtPrelude } from '../../src/host/v8/v8-prelude.ts'
import { newFolder } from '../support/folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Makes an installed package of codecell of another version from the built one: with another prelude, and so with another engine, and with
 * a protocol version. Returns its folder.
 */
export function olderBuild({ protocol = 1, note = 'older' }: { protocol?: number; note?: string } = {}): string {
  const folder = join(newFolder(), 'codecell')
  mkdirSync(folder)
  for (const part of ['host', 'chunks'])
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), { recursive: true })
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'codecell', version: '0.0.1', type: 'module' }))
  const prelude = join(folder, 'dist', 'host', 'v8-prelude.js')
  const [, source = ''] = /^[^\n]*\n([^]*)$/.exec(readFileSync(prelude, 'utf8')) ?? []
  writeFileSync(prelude, builtPrelude(`${source}\n// ${note}\n`))
  if (!setProtocol(join(folder, 'dist', 'host', 'main.cjs'), protocol))
    throw new Error('expected the protocol version in the host program')
  return folder
}

function setProtocol(path: string, protocol: number): boolean {
  const before = readFileSync(path, 'utf8')
  const after = before.replace(/(type: "ready",\s+version: )[^\n]+,/, `$1${protocol},`)
  if (after !== before) writeFileSync(path, after)
  return after !== before
}
