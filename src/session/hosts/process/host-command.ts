import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CodecellError } from '../../../errors.ts'
import type { EngineName } from '../../../protocol/engine-name.ts'
import type { HostProfile } from '../../../protocol/message.ts'
import { compiledHostProgram, hostProgram } from './host-program.ts'
import { posixLocaleOf } from './region.ts'

/** A command line for `spawn`, with the entire environment of the process. */
export type HostCommand = { readonly command: string; readonly args: string[]; readonly env: Record<string, string> }

/** Flags of every host. The first disables an optimization of V8 that makes some endless loops impossible to terminate. */
const commonFlags = ['--no-turboshaft-loop-unrolling', '--disable-warning=ExperimentalWarning']

/** The flags and files that an engine needs. */
type EngineNeeds = {
  readonly flags: readonly string[]
  /** Flags of the strict profile. */
  readonly strictFlags: readonly string[]
  /** Packages that its hosts read in the strict profile. */
  readonly packages: readonly string[]
  /** Arguments of the host program in the strict profile. */
  readonly strictArguments: readonly string[]
  /** Memory that its hosts need in the strict profile, in MiB, without that of cells. */
  readonly strictMb: number
}

const needsOf: Readonly<Record<EngineName, EngineNeeds>> = {
  v8: {
    flags: ['--no-node-snapshot', ...commonFlags],
    // Without the just-in-time compiler, which has most vulnerabilities of V8.
    strictFlags: ['--jitless', '--allow-addons'],
    packages: ['isolated-vm', 'node-gyp-build', 'acorn'],
    strictArguments: [],
    strictMb: 160,
  },
  quickjs: {
    flags: commonFlags,
    // WebAssembly needs a compiler. JavaScript, which is only that of the host, is interpreted.
    strictFlags: ['--no-opt', '--no-maglev', '--no-sparkplug', '--regexp-interpret-all', '--allow-worker'],
    packages: ['quickjs-wasi', 'acorn'],
    // The kernel counts the memory for compiled code of the process, 512 MiB, and about 70 MiB of each thread, half of it for its stack.
    strictArguments: ['--max-threads', '24'],
    strictMb: 3072,
  },
}

/** An installed build of codecell: the program of its hosts, and the executable of the Node that runs them. */
export type HostBuild = { readonly program: string; readonly node: string }

/** The options of a host process. */
export type HostCommandOptions = {
  readonly profile: HostProfile
  /**
   * The kind of its engine.
   *
   * @default 'v8'
   */
  readonly engineName?: EngineName
  /** Memory limit of a cell, in MiB. */
  readonly memoryMb: number
  /** An IANA time zone name, e.g. `Europe/Paris`. */
  readonly timeZone: string
  /** A BCP 47 language tag, e.g. `fr-FR`. */
  readonly locale: string
}

/**
 * Returns the command line of a host process for a debugger.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the host program is not found
 */
export function inspectedHostCommand({
  timeZone,
  locale,
}: Pick<HostCommandOptions, 'timeZone' | 'locale'>): HostCommand {
  const args = [...needsOf.v8.flags, hostProgram('inspected-main')]
  return { command: process.execPath, args, env: environment(timeZone, locale) }
}

/**
 * Returns the command line of a host process of a build; null is the build of this process.
 *
 * @throws {CodecellError} `HOST_START_FAILED` when the host program is not found, or this machine cannot run the strict profile
 */
export function hostCommand(
  { profile, engineName = 'v8', memoryMb, timeZone, locale }: HostCommandOptions,
  build: HostBuild | null = null,
): HostCommand {
  const env = environment(timeZone, locale)
  const node = build?.node ?? process.execPath
  if (profile === 'default') {
    const program = build?.program ?? hostProgram('main')
    return { command: node, args: [...needsOf[engineName].flags, program, ...engineArguments(engineName)], env }
  }
  const strict = { program: build?.program ?? compiledHostProgram(), node }
  return { ...strictCommand(strict, engineName, memoryMb), env }
}

/** Returns the arguments of a host program. Builds that know only V8 take none. */
function engineArguments(engineName: EngineName): string[] {
  return engineName === 'v8' ? [] : ['--engine', engineName]
}

/**
 * Returns the command line of a strict host. It restricts the just-in-time compiler, enables the permission model of Node, and limits
 * data and core dumps in the kernel. A shell sets these limits, because Node can do so only with a native module.
 */
function strictCommand(
  { program, node: executable }: HostBuild,
  engineName: EngineName,
  memoryMb: number,
): Omit<HostCommand, 'env'> {
  const other = ['Bun', 'Deno'].find((name) => name in globalThis)
  if (other !== undefined) {
    throw new CodecellError(
      'HOST_START_FAILED',
      `Cannot start a host in the strict profile: ${other} does not have the permission model of Node; run the program in Node`,
    )
  }
  const shell = '/bin/sh'
  if (!existsSync(shell)) {
    throw new CodecellError(
      'HOST_START_FAILED',
      `Cannot start a host in the strict profile: cannot find "${shell}", which sets the kernel limits`,
    )
  }
  const { flags, strictFlags, packages, strictArguments, strictMb } = needsOf[engineName]
  const node = [
    ...flags,
    ...strictFlags,
    '--permission',
    ...readPermissions(program, packages),
    '--disable-warning=PERM0001',
  ]
  // The shell adds variables to the environment, such as its folder, which programs must not see.
  const script = 'ulimit -c 0 && ulimit -d "$1" && shift && unset PWD OLDPWD SHLVL && exec "$@"'
  const limit = String(dataKib(strictMb, memoryMb))
  return {
    command: shell,
    args: ['-c', script, 'sh', limit, executable, ...node, program, ...engineArguments(engineName), ...strictArguments],
  }
}

/**
 * Returns the environment of a host. It contains no variable of the agent, so a cell cannot read its secrets. The allocator
 * settings prevent thread arenas from retaining memory. Time zone and locale are the same on every machine.
 */
function environment(timeZone: string, locale: string): Record<string, string> {
  const posixLocale = posixLocaleOf(locale)
  return {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '131072',
    TZ: timeZone,
    LANG: posixLocale,
    LC_ALL: posixLocale,
  }
}

/** Returns the limit of the data segment of a host in KiB: that of the engine, and twice the memory limit of a cell. */
function dataKib(engineMb: number, memoryMb: number): number {
  return (engineMb + 2 * memoryMb) * 1024
}

/** The pattern of a whole `node_modules` folder, which hosts must not read. */
const allPackages = join('node_modules', '*')

/**
 * Returns the flags that let a host read its own files, the packages of its engine, and the files that the loader of isolated-vm
 * checks.
 */
function readPermissions(program: string, packageNames: readonly string[]): string[] {
  const require = createRequire(program)
  const sources = join(dirname(program), '..')
  const packages = packageNames.flatMap((name) => packageFolders(require, name))
  const folders = [sources, ...packages]
    .map((folder) => join(folder, '*'))
    .filter((path) => !path.endsWith(allPackages))
  const files = [join(sources, '..', 'package.json'), '/etc/alpine-release', ...packages]
  // Files come first: Node 24 drops a file that follows a pattern with the same prefix.
  return [...new Set([...files, ...folders])].map((path) => `--allow-fs-read=${path}`)
}

/** Returns the folder of a package and its parent, and the real path of the folder when it is a link. */
function packageFolders(require: NodeJS.Require, name: string): string[] {
  const parents = require.resolve.paths(name) ?? []
  const folder = parents.map((parent) => join(parent, name)).find((candidate) => existsSync(candidate))
  return folder === undefined ? [] : [dirname(folder), folder, realpathSync(folder)]
}
