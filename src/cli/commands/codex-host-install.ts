import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError, exitCodes } from '../exit-codes.ts'

const hostName = 'codex-code-mode-host'

/**
 * Makes a folder with a `codex` that runs cells here: the agent looks for its host beside its own executable, with links
 * resolved, so the folder gets a hard link or a copy of it. Returns what to do next.
 */
export function installCodexHost({ folder, codex }: { folder: string; codex: string | undefined }): string {
  if (process.platform === 'win32') {
    throw new CommandError(exitCodes.usage, 'Cannot install for Codex on Windows: its host would have to be an .exe')
  }
  const source = nativeCodex(codex ?? onPath('codex'))
  const target = resolve(folder)
  mkdirSync(target, { recursive: true })
  const executable = join(target, 'codex')
  if (existsSync(executable) && realpathSync(executable) === source) {
    throw new CommandError(exitCodes.usage, `Cannot install into "${target}": it is where Codex itself is installed`)
  }
  linkOrCopy(source, executable)
  const host = join(target, hostName)
  rmSync(host, { force: true })
  writeFileSync(host, shim(), { mode: 0o755 })
  return `Installed: run ${executable} in the place of codex`
}

/** The native executable: of the npm package `codex` is a script that starts it. */
function nativeCodex(path: string | null): string {
  if (path === null || !existsSync(path)) {
    throw new CommandError(
      exitCodes.usage,
      `Cannot find ${path === null ? 'codex on PATH' : `"${path}"`}: name the executable of Codex with --codex`,
    )
  }
  const real = realpathSync(path)
  if (existsSync(join(dirname(real), hostName))) return real
  // …/@openai/codex/bin/codex.js, with the executable in a package for this platform, nested or beside it.
  const packageFolder = join(dirname(real), '..')
  const vendored = ['node_modules/@openai/codex-*', '../codex-*', '.'].flatMap((place) =>
    globSync(`${place}/vendor/*/{bin,codex}/codex`, { cwd: packageFolder }),
  )
  const [native] = vendored.map((found) => realpathSync(join(packageFolder, found)))
  if (native !== undefined) return native
  throw new CommandError(
    exitCodes.usage,
    `Cannot use "${path}": it is not the executable of Codex, and none was found in its package; name it with --codex`,
  )
}

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** A link costs nothing, a copy 280 MB; a link cannot reach another file system. */
function linkOrCopy(source: string, target: string): void {
  rmSync(target, { force: true })
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
    chmodSync(target, 0o755)
  }
}

/** A shell finds an executable whose path has blanks or is long, which the first line of a script may not. */
function shim(): string {
  const program = fileURLToPath(new URL('../../../bin/codecell.js', import.meta.url))
  return `#!/bin/sh\nexec ${[process.execPath, program].map(quoted).join(' ')} codex-host "$@"\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
