import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, expect } from 'vitest'

const sound = fileURLToPath(new URL('../fixtures/traces/nested-call', import.meta.url))
const command = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
export const folder: string = mkdtempSync(join(tmpdir(), 'codecell-hostile-'))
export const bundle: string = join(folder, 'bundle')
export const log: string = join(bundle, 'trace.jsonl')
export const secret: string = join(folder, 'secret')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
  cpSync(sound, bundle, { recursive: true })
  writeFileSync(secret, '{"canary":true}\n')
})

export type Answer = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** Longer than anything takes, and short of for ever, in milliseconds. */
const patience = 50_000

export function trace(verb: string, heapMegabytes = 400, ...flags: readonly string[]): Answer {
  const args = [`--max-old-space-size=${heapMegabytes}`, command, 'trace', verb, bundle, ...flags]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: patience })
  return { status, stdout, stderr }
}

export function lines(): string[] {
  return readFileSync(log, 'utf8').trimEnd().split('\n')
}

export function writeLines(list: readonly string[], end = '\n'): void {
  writeFileSync(log, list.map((line) => line + end).join(''))
}

/** Puts text in the place of other text of a file of the bundle, which has to have it. */
export function replace(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(join(bundle, file), 'utf8')
  const changed = text.replace(from, () => to)
  if (changed === text) throw new Error(`${file} has no ${String(from)}`)
  writeFileSync(join(bundle, file), changed)
}

export function link(file: string, target: string): void {
  rmSync(join(bundle, file), { recursive: true, force: true })
  symlinkSync(target, join(bundle, file))
}

export function pipe(file: string): void {
  rmSync(join(bundle, file), { force: true })
  expect(spawnSync('sh', ['-c', 'mkfifo "$0"', join(bundle, file)]).status).toBe(0)
}

export const deep: string = `${'['.repeat(200_000)}${']'.repeat(200_000)}`

/** A page is made of what can be shown, or there is one line that says why not. */
export function expectPageOrReason(): void {
  const { status, stdout, stderr } = trace('view', 600, '--output', '-')
  expect({ status, isPage: stdout.includes('<html'), lines: stderr.split('\n').length - 1 }).toEqual(
    status === 0 ? { status: 0, isPage: true, lines: 0 } : { status: 1, isPage: false, lines: 1 },
  )
  expect(stdout + stderr).not.toContain('canary')
}
