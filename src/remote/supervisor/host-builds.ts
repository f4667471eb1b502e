import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { installedVersion } from '../../installation/installed-version.ts'
import { engineVersions, type EngineVersions } from '../link/engine-versions.ts'
import { engineIdOf, isSameEngine, type EnginePrint } from '../../protocol/engine-print.ts'
import { oldestProtocolVersion, protocolVersion, type HostProfile } from '../../protocol/message.ts'
import { readHostBuild, type ReadBuild } from '../../session/hosts/read-host-build.ts'
import type { HostBuild } from '../../session/hosts/process/host-command.ts'

/** A build of codecell with the engine of its hosts. `build` is null for the build of this process. */
type KnownBuild = ReadBuild & { readonly build: HostBuild | null }

/** A build in a folder, and its version of codecell. */
type InstalledBuild = HostBuild & { readonly codecell: string }

type OtherBuild = ReadBuild & { readonly build: InstalledBuild }

/** The host that a node asks for. */
export type BuildNeeds = {
  /** Null for any engine. */
  readonly print: EnginePrint | null
  readonly profile: HostProfile
  /** The versions of the protocol that the node supports. */
  readonly oldest: number
  readonly protocol: number
}

/** The build for a host, or the reason why none fits. */
export type FoundBuild =
  | { readonly type: 'found'; readonly build: HostBuild | null }
  | { readonly type: 'missing'; readonly reason: string }

/** The builds whose hosts a supervisor can start: its own, and installed packages of other versions. */
export class HostBuilds {
  readonly #others: readonly OtherBuild[]
  /** Read when a node asks for an engine for the first time. */
  #own: Promise<KnownBuild> | null = null

  private constructor(others: readonly OtherBuild[]) {
    this.#others = others
  }

  /**
   * Reads the engines of the builds in these folders.
   *
   * @throws {CodecellError} `INVALID_OPTION` for a folder that has no build of codecell, or one whose host does not start
   */
  static async read(folders: readonly string[]): Promise<HostBuilds> {
    const builds: OtherBuild[] = []
    for (const folder of folders) {
      const build = buildIn(folder)
      try {
        builds.push({ ...(await readHostBuild(build)), build })
      } catch (cause) {
        throw unusable(folder, messageOf(cause), cause)
      }
    }
    for (const [at, { version }] of builds.entries()) checkProtocol(folders[at] ?? '', version)
    return new HostBuilds(builds)
  }

  /** The versions of the builds, first those of this process. */
  get versions(): readonly EngineVersions[] {
    return [engineVersions(), ...this.#others.map(versionsOf)]
  }

  /** Returns the build for a host. Without an engine, it is that of this process. */
  async find(needs: BuildNeeds): Promise<FoundBuild> {
    const { print, profile, oldest, protocol } = needs
    if (print === null) return { type: 'found', build: null }
    // A host also supports the version before its own.
    const builds = [await this.#ownBuild(), ...this.#others].filter(
      ({ version }) => version >= oldest && version <= protocol + 1,
    )
    const found = builds.find(({ engine }) => isSameEngine(engineFor(engine, print, profile), print))
    if (found !== undefined) return { type: 'found', build: found.build }
    const offered = builds.map(({ engine }) => textOf(engineFor(engine, print, profile))).join(', ')
    return { type: 'missing', reason: `expected an engine of ${offered}; got ${textOf(print)}` }
  }

  async #ownBuild(): Promise<KnownBuild> {
    const reading = (this.#own ??= readHostBuild(null).then((read) => ({ ...read, build: null })))
    try {
      return await reading
    } catch (error) {
      if (this.#own === reading) this.#own = null
      throw error
    }
  }
}

/** Returns the engine of a host of a build, in the region of a print and with a profile. */
function engineFor(engine: EnginePrint, { timeZone, locale }: EnginePrint, profile: HostProfile): EnginePrint {
  const flags = profile === 'strict' ? [...engine.flags.split(' '), '--jitless'] : [engine.flags]
  return {
    ...engine,
    timeZone,
    locale,
    flags: flags
      .filter((flag) => flag !== '')
      .toSorted()
      .join(' '),
  }
}

function versionsOf({ build: { codecell, program }, engine: { version: v8, icu, tz } }: OtherBuild): EngineVersions {
  return { codecell, isolatedVm: installedVersion('isolated-vm', program) ?? 'unknown', v8, icu, tz }
}

function textOf(engine: EnginePrint): string {
  return `${engine.name} ${engine.version} (${engineIdOf(engine)})`
}

/** Returns the build of an installed package. Its hosts run on the package `node` next to it, if there is one. */
function buildIn(given: string): InstalledBuild {
  const folder = resolve(given)
  const codecell = installedVersion('.', join(folder, 'package.json'))
  const program = join(folder, 'dist', 'host', 'main.js')
  if (codecell === null || !existsSync(program)) throw unusable(given, 'expected an installed package of codecell')
  const node = join(folder, '..', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return { codecell, program, node: existsSync(node) ? node : process.execPath }
}

function checkProtocol(folder: string, version: number): void {
  if (version >= oldestProtocolVersion && version <= protocolVersion) return
  const range = `${oldestProtocolVersion} to ${protocolVersion}`
  throw unusable(
    folder,
    `expected a host with protocol version ${range}, got ${version}; use a nearer version of codecell`,
  )
}

function unusable(folder: string, reason: string, cause?: unknown): CodecellError {
  return new CodecellError('INVALID_OPTION', `Cannot use the build "${folder}": ${reason}`, {
    cause,
    details: { option: 'builds', value: folder, expected: 'folders of installed packages of codecell' },
  })
}
