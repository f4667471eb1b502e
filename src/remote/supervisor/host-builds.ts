import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CodecellError, messageOf } from '../../errors.ts'
import { installedVersion } from '../../installation/installed-version.ts'
import { findV8 } from '../../installation/v8-support.ts'
import { engineNamed, type EngineName } from '../../protocol/engine-name.ts'
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

/** A build, and the engine with which its host is started. */
export type StartableBuild = { readonly build: HostBuild | null; readonly engineName: EngineName }

/** The build for a host, or the reason why none fits. */
export type FoundBuild =
  | ({ readonly type: 'found' } & StartableBuild)
  | { readonly type: 'missing'; readonly reason: string }

/** The builds whose hosts a supervisor can start: its own, and installed packages of other versions. */
export class HostBuilds {
  /** The engine of hosts for nodes that ask for none. */
  readonly engine: EngineName
  /** With V8. */
  readonly #others: readonly OtherBuild[]
  /** The builds with an engine, read when a node asks for it for the first time. */
  readonly #read = new Map<string, Promise<KnownBuild>>()

  private constructor(others: readonly OtherBuild[], engine: EngineName) {
    this.#others = others
    this.engine = engine
  }

  /**
   * Reads the engines of the builds in these folders.
   *
   * @throws {CodecellError} `INVALID_OPTION` for a folder that has no build of codecell, or one whose host does not start
   */
  static async read(folders: readonly string[], engine: EngineName = 'v8'): Promise<HostBuilds> {
    const builds: OtherBuild[] = []
    for (const folder of folders) {
      const build = buildIn(folder)
      try {
        builds.push({ ...(await readHostBuild(build, 'v8')), build })
      } catch (cause) {
        throw unusable(folder, messageOf(cause), cause)
      }
    }
    for (const [at, { version }] of builds.entries()) checkProtocol(folders[at] ?? '', version)
    return new HostBuilds(builds, engine)
  }

  /** The versions of the builds, first those of this process. */
  get versions(): readonly EngineVersions[] {
    return [engineVersions(), ...this.#others.map(versionsOf)]
  }

  /** Returns the build for a host. Without an engine, it is that of this process. */
  async find(needs: BuildNeeds): Promise<FoundBuild> {
    const { print, profile, oldest, protocol } = needs
    if (print === null) return { type: 'found', build: null, engineName: this.engine }
    const engineName = engineNamed(print.name)
    const known = engineName === null ? [] : await this.#buildsWith(engineName)
    // A host also supports the version before its own.
    const builds = known.filter(({ version }) => version >= oldest && version <= protocol + 1)
    const found = builds.find(({ engine }) => isSameEngine(engineFor(engine, print, profile), print))
    if (found !== undefined && engineName !== null) return { type: 'found', build: found.build, engineName }
    const offered = builds.map(({ engine }) => textOf(engineFor(engine, print, profile))).join(', ')
    return { type: 'missing', reason: `expected an engine of ${offered || 'this machine'}; got ${textOf(print)}` }
  }

  /** Returns the builds with an engine: first that of this process. */
  async #buildsWith(name: EngineName): Promise<readonly KnownBuild[]> {
    if (name === 'v8') return [...(findV8().type === 'missing' ? [] : [await this.#known(null, name)]), ...this.#others]
    const builds = [null, ...this.#others.map(({ build }) => build)]
    const read = await Promise.all(builds.map(async (build) => await this.#known(build, name)))
    // Earlier versions have V8 only.
    return read.filter(({ engine }) => engine.name === name)
  }

  async #known(build: InstalledBuild | null, name: EngineName): Promise<KnownBuild> {
    const key = `${name} ${build?.program ?? ''}`
    const reading = this.#read.get(key) ?? readHostBuild(build, name).then((read) => ({ ...read, build }))
    this.#read.set(key, reading)
    try {
      return await reading
    } catch (error) {
      if (this.#read.get(key) === reading) this.#read.delete(key)
      throw error
    }
  }
}

/** Returns the engine of a host of a build, in the region of a print and with a profile. */
function engineFor(engine: EnginePrint, { timeZone, locale }: EnginePrint, profile: HostProfile): EnginePrint {
  const isJitless = profile === 'strict' && engine.name === 'v8'
  const flags = isJitless ? [...engine.flags.split(' '), '--jitless'] : [engine.flags]
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
  return engine.version === '' ? engine.name : `${engine.name} ${engine.version} (${engineIdOf(engine)})`
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
