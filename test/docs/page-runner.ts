import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

// Follows a page as a reader does: writes its files, runs its commands, and compares their output with the page.

/** A block of a page: a file with its name, commands, or the output of the commands before it. */
export type Step = { readonly type: 'file' | 'run' | 'output'; readonly name: string; readonly text: string }

const root = new URL('../../', import.meta.url)

/**
 * Returns the steps of a page. A block is a file if the paragraph before it ends with the name of the file and a colon,
 * a block of `sh` is commands, and one of `text` is output.
 */
export function stepsOf(page: string): Step[] {
  const source = readFileSync(new URL(`docs/${page}`, root), 'utf8')
  const blocks = [...source.matchAll(/(?:`([\w./-]+)`:\n\n)?```(\w+)\n([\s\S]*?)```/g)]
  return blocks.flatMap(([, name, language = '', block = '']): Step[] => {
    if (name !== undefined) return [{ type: 'file', name, text: block }]
    if (language === 'sh') return [{ type: 'run', name: '', text: block }]
    return language === 'text' ? [{ type: 'output', name: '', text: block }] : []
  })
}

/** A project of a reader in a folder of the package, where programs can import the package by its name. */
export class Project implements Disposable {
  readonly folder: string
  readonly #env: Readonly<Record<string, string>>

  constructor(env: Readonly<Record<string, string>> = {}) {
    const parent = fileURLToPath(new URL('test/docs/.examples/', root))
    mkdirSync(parent, { recursive: true })
    this.folder = mkdtempSync(join(parent, 'project-'))
    const bin = join(this.folder, '.bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'npx'), npx())
    writeFileSync(join(bin, 'npm'), '#!/bin/sh\n')
    for (const name of ['npx', 'npm']) chmodSync(join(bin, name), 0o755)
    const path = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(':')
    this.#env = { PATH: path, HOME: this.folder, NO_COLOR: '1', NODE_NO_WARNINGS: '1', ...env }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Follows the steps, and returns the standard output of the commands. `change` changes commands before they run. */
  async follow(steps: readonly Step[], change = (script: string): string => script): Promise<string> {
    let all = ''
    let last = ''
    for (const { type, name, text: block } of steps) {
      if (type === 'file') this.write(name, block)
      if (type === 'output') expectShown(last, block)
      if (type !== 'run') continue
      last = await this.run(change(block))
      all += last
    }
    return all
  }

  write(name: string, block: string): void {
    const file = join(this.folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, block)
  }

  /** Runs commands, which must succeed, and returns their standard output. */
  async run(script: string): Promise<string> {
    const options = { cwd: this.folder, env: { ...process.env, ...this.#env }, timeout: 120_000 }
    const shell = spawn('sh', ['-e', '-c', script], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise((resolve) => shell.once('exit', resolve))
    const [output, errors, code] = await Promise.all([text(shell.stdout), text(shell.stderr), ended])
    expect(code, `${script}\n${output}\n${errors}`).toBe(0)
    return output
  }
}

/** Returns a command that runs the packages of the pages without a registry. MCP servers start without its variables. */
function npx(): string {
  const codecell = fileURLToPath(new URL('bin/codecell.js', root))
  const files = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/dist/index.js')
  return `#!/bin/sh
[ "$1" = -y ] && shift
name=$1
shift
case "$name" in
  codecell) exec "${process.execPath}" "${codecell}" "$@" ;;
  @modelcontextprotocol/server-filesystem) exec "${process.execPath}" "${files}" "$@" ;;
esac
echo "npx: not a package of the documentation: $name" >&2
exit 1
`
}

/** Expects that the lines of a page are lines of the output, in order. Times and ids can differ; `…` is any line. */
function expectShown(output: string, block: string): void {
  const lines = output.split('\n').map(withoutTimes)
  let from = 0
  for (const line of block.split('\n')) {
    if (line === '' || line === '…') continue
    const at = lines.indexOf(withoutTimes(line), from)
    expect(at, `"${line}" is not a line of the output:\n${output}`).toBeGreaterThanOrEqual(from)
    from = at + 1
  }
}

function withoutTimes(line: string): string {
  return line
    .replaceAll(/\d+(?:\.\d+)?(?= ?m?s\b| seconds)/g, '0')
    .replaceAll(/~[\w-]+/g, '~…')
    .trimEnd()
}
