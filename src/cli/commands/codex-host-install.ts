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
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { packageFile } from '../../package/package-file.ts'

const hostName = 'codex-code-mode-host'

/**
 * Creates a folder with a `codex` that runs its cells here. Codex resolves links and looks for its host next to its own executable, so
 * the folder gets a hard link or a copy. Returns the next step for the user.
 */
export function installCodexHost({ folder, codex }: { folder: string; codex: string | undefined }): string {
  if (process.platform === 'win32') {
    throw new CommandError(exitCodes.usage, 'Cannot install for Codex on Windows: its host must be an .exe file')
  }
  const source = nativeCodex(codex ?? onPath('codex'))
  const target = resolve(folder)
  mkdirSync(target, { recursive: true })
  const executable = join(target, 'codex')
  if (existsSync(executable) && realpathSync(executable) === source) {
    throw new CommandError(exitCodes.usage, `Cannot install into "${target}": Codex itself is installed there`)
  }
  linkOrCopy(source, executable)
  const host = join(target, hostName)
  rmSync(host, { force: true })
  writeFileSync(host, shim(), { mode: 0o755 })
  return `Installed: run ${executable} instead of codex`
}

/** Returns the native executable. In the npm package, `codex` is a script that starts it. */
function nativeCodex(path: string | null): string {
  if (path === null || !existsSync(path)) {
    throw new CommandError(
      exitCodes.usage,
      `Cannot find ${path === null ? 'codex on PATH' : `"${path}"`}: pass the executable of Codex with --codex FILE`,
    )
  }
  const real = realpathSync(path)
  if (existsSync(join(dirname(real), hostName))) return real
  // …/@openai/codex/bin/codex.js, with the executable in a package for this platform, nested or next to it.
  const packageFolder = join(dirname(real), '..')
  const vendored = ['node_modules/@openai/codex-*', '../codex-*', '.'].flatMap((place) =>
    globSync(`${place}/vendor/*/{bin,codex}/codex`, { cwd: packageFolder }),
  )
  const [native] = vendored.map((found) => realpathSync(join(packageFolder, found)))
  if (native !== undefined) return native
  throw new CommandError(
    exitCodes.usage,
    `Cannot use "${path}": it is not the executable of Codex, and its package has none; pass --codex FILE`,
  )
}

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Creates a hard link, or a copy (280 MB) on another file system. */
function linkOrCopy(source: string, target: string): void {
  rmSync(target, { force: true })
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
    chmodSync(target, 0o755)
  }
}

/** Returns a shell script: unlike a first line with `#!`, it works with paths that are long or have spaces. */
function shim(): string {
  const program = fileURLToPath(packageFile('bin/codecell.js'))
  return `#!/bin/sh\nexec ${[process.execPath, program].map(quoted).join(' ')} codex-host "$@"\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
