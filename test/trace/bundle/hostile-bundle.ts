import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { CliResult } from '../../support/cli.ts'
import { newFolder } from '../../support/folder.ts'

const sound = fileURLToPath(new URL('../../fixtures/traces/nested-call', import.meta.url))

/** JSON that is nested deeper than codecell's parsers allow. */
export const deep: string = `${'['.repeat(200_000)}${']'.repeat(200_000)}`

/** A valid bundle for a test to damage, next to a file that no command may read. */
export class HostileBundle {
  readonly folder: string = newFolder()
  readonly directory: string = join(this.folder, 'bundle')
  readonly log: string = this.path('trace.jsonl')
  readonly secret: string = join(this.folder, 'secret')

  constructor() {
    cpSync(sound, this.directory, { recursive: true })
    writeFileSync(this.secret, '{"canary":true}\n')
  }

  path(file: string): string {
    return join(this.directory, file)
  }

  lines(): string[] {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n')
  }

  writeLines(list: readonly string[], end = '\n'): void {
    writeFileSync(this.log, list.map((line) => line + end).join(''))
  }

  insertLine(index: number, line: string): void {
    this.writeLines(this.lines().toSpliced(index, 0, line))
  }

  /** Replaces text of a file, which must contain it. */
  replace(file: string, from: string | RegExp, to: string): void {
    const text = readFileSync(this.path(file), 'utf8')
    const changed = text.replace(from, () => to)
    if (changed === text) throw new Error(`${file} has no ${String(from)}`)
    writeFileSync(this.path(file), changed)
  }

  /** Inserts bytes before the first occurrence of a text in the log. */
  insertBytes(before: string, latin1: string): void {
    const text = readFileSync(this.log, 'latin1')
    writeFileSync(
      this.log,
      text.replace(before, () => latin1 + before),
      'latin1',
    )
  }

  write(file: string, content: string | Uint8Array): void {
    writeFileSync(this.path(file), content)
  }

  append(file: string, text: string): void {
    appendFileSync(this.path(file), text)
  }

  /** Extends a file by a hole, which takes no space on the disk. */
  grow(file: string, bytes: number): void {
    truncateSync(this.path(file), bytes)
  }

  link(file: string, target: string): void {
    rmSync(this.path(file), { recursive: true, force: true })
    symlinkSync(target, this.path(file))
  }

  pipe(file: string): void {
    rmSync(this.path(file), { force: true })
    expect(spawnSync('sh', ['-c', 'mkfifo "$0"', this.path(file)]).status).toBe(0)
  }
}

/** Expects that `trace view` printed a page, or one line with the reason why it cannot. */
export function expectPageOrReason({ code, out, err }: CliResult): void {
  expect({ code, isPage: out.includes('<html'), lines: err.split('\n').length - 1 }).toEqual(
    code === 0 ? { code: 0, isPage: true, lines: 0 } : { code: 1, isPage: false, lines: 1 },
  )
  expect(out + err).not.toContain('canary')
}
