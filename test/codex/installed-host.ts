import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { installCodexHost } from '../../src/cli/commands/codex-host-install.ts'

/** A directory with an executable that looks like Codex, and the result of `codecell codex-host install`. */
export class InstalledHost implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "codecell codex's "))

  /** Writes an executable, with its directory. Returns its path. */
  write(path: string): string {
    const file = this.path(path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '#!/bin/sh\necho native\n', { mode: 0o755 })
    return file
  }

  /** Installs for an executable. Returns the output of the command, and throws its error. */
  install(target: string, codex: string): string {
    return installCodexHost({ folder: this.path(target), codex })
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
