import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { messageOf } from '../../src/errors.ts'
import { isRecord } from '../../src/protocol/json.ts'

/** The version of the reference that the cases, the recordings and the pages of this repository describe. */
export const pinnedVersion = '0.171.0'

/** The installed programs of a version of the reference: the agent, and its stand-alone host in the same folder. */
export type Reference = {
  readonly version: string
  /** The folder of this version. It can receive more files. */
  readonly folder: string
  readonly codex: string
  readonly host: string
}

export type InstallOptions = {
  /** The folder that has one folder per version. */
  readonly folder?: string
  /** Installs a package below `prefix`. Default: npm. */
  readonly install?: (prefix: string, packageName: string) => Promise<void>
}

const defaultFolder = fileURLToPath(new URL('../../node_modules/.cache/codecell-reference', import.meta.url))
const hostNames = ['codex-code-mode-host', 'codex-code-mode-host.exe']
/** Written last, so a folder with this file is complete. It has the size of each file. */
const listName = 'installed.json'

/**
 * Returns the programs of a version of the reference. Versions are installed next to each other, on their first use; a
 * folder with missing or truncated files is replaced. An installed version needs no network.
 *
 * @throws {RangeError} for something else than a version, or a version that npm does not have.
 */
export async function installReference(
  version: string = pinnedVersion,
  { folder = defaultFolder, install = installWithNpm }: InstallOptions = {},
): Promise<Reference> {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
    throw new RangeError(`Cannot install the reference: expected a version such as ${pinnedVersion}, got "${version}"`)
  }
  const target = join(folder, version)
  if (!isComplete(target)) await installInto(target, version, install)
  const host = filesBelow(target).find((file) => hostNames.some((name) => file.endsWith(`/${name}`)))
  if (host === undefined) throw new Error(`Cannot find the host of the reference ${version} in "${target}"`)
  const extension = host.endsWith('.exe') ? '.exe' : ''
  return { version, folder: target, codex: join(target, dirname(host), `codex${extension}`), host: join(target, host) }
}

/** Installs into a temporary folder, which becomes the folder of the version at the end. */
async function installInto(
  target: string,
  version: string,
  install: Required<InstallOptions>['install'],
): Promise<void> {
  mkdirSync(dirname(target), { recursive: true })
  const temporary = mkdtempSync(`${target}.partial-`)
  try {
    await install(temporary, `@openai/codex@${version}`)
    const sizes = Object.fromEntries(filesBelow(temporary).map((file) => [file, statSync(join(temporary, file)).size]))
    writeFileSync(join(temporary, listName), JSON.stringify(sizes, null, 2))
    rmSync(target, { recursive: true, force: true })
    renameSync(temporary, target)
  } catch (error) {
    // Another process was faster.
    if (!isComplete(target)) throw error
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function isComplete(target: string): boolean {
  const list = join(target, listName)
  if (!existsSync(list)) return false
  const sizes: unknown = parsed(readFileSync(list, 'utf8'))
  if (!isRecord(sizes)) return false
  return Object.entries(sizes).every(
    ([file, size]) => statSync(join(target, file), { throwIfNoEntry: false })?.size === size,
  )
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** Returns the files of the package below a folder, relative to it. */
function filesBelow(folder: string): readonly string[] {
  const packages = 'node_modules/@openai'
  return readdirSync(join(folder, packages), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .toSorted()
}

async function installWithNpm(prefix: string, packageName: string): Promise<void> {
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']
  try {
    await promisify(execFile)('npm', ['install', '--prefix', prefix, ...options, packageName], {
      shell: process.platform === 'win32',
    })
  } catch (error) {
    if (!/\b(?:E404|ETARGET)\b/.test(messageOf(error))) throw error
    throw new RangeError(
      `Cannot install ${packageName}: npm does not have this version; run "npm view @openai/codex versions"`,
    )
  }
}
