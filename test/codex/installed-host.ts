import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/codecell.js', import.meta.url))

/** What a run of `codecell codex-host install` came to. */
export type Installation = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** A folder with something that looks like Codex, and what `codecell codex-host install` makes of it. */
export class InstalledHost implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "codecell codex's "))

  /** Writes an executable, with its folder. Returns its path. */
  write(path: string): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '#!/bin/sh\necho native\n', { mode: 0o755 })
    return file
  }

  install(target: string, ...args: readonly string[]): Installation {
    const command = [bin, 'codex-host', 'install', join(this.folder, target), ...args]
    const env = { ...process.env, PATH: dirname(process.execPath) }
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', env })
    return { status, stdout, stderr }
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
