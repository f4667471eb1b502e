import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installReference } from '../../scripts/reference/install-reference.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
const bin = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

/** The agent with its own host, and the same agent in a directory that `codecell codex-host install` created. */
export async function bothHosts(): Promise<{ readonly reference: string; readonly codecell: string }> {
  const { codex: reference } = await installReference()
  // Another checkout that shares this cache has a host of its own.
  const folder = join(
    cache,
    `codecell-codex-${createHash('sha256')
      .update(bin + reference)
      .digest('hex')
      .slice(0, 8)}`,
  )
  if (!existsSync(join(folder, 'codex-code-mode-host'))) {
    await promisify(execFile)(process.execPath, [bin, 'codex-host', 'install', folder, '--codex', reference])
  }
  return { reference, codecell: join(folder, 'codex') }
}
