import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CodecellError } from '../../errors.ts'
import type { HostProfile } from '../../protocol/message.ts'
import { compiledHostProgram, hostProgram } from './host-program.ts'

/** A command line for `spawn`, with the whole environment that the process gets. */
export type HostCommand = { readonly command: string; readonly args: string[]; readonly env: Record<string, string> }

/**
 * Flags that every host needs. isolated-vm asks for the first; the second takes out an optimisation of V8 that makes
 * some endless loops deaf to termination.
 */
const flags = ['--no-node-snapshot', '--no-turboshaft-loop-unrolling', '--disable-warning=ExperimentalWarning']

/** What a host process is started for. */
export type HostCommandOptions = {
  readonly profile: HostProfile
  /** Memory that a cell may use, in MiB. */
  readonly memoryMb: number
  /** An IANA name, for example `Europe/Paris`. */
  readonly timeZone: string
  /** A BCP 47 tag, for example `fr-FR`. */
  readonly locale: string
}

/** How a host process for a debugger is started. */
export function inspectedHostCommand({
  timeZone,
  locale,
}: Pick<HostCommandOptions, 'timeZone' | 'locale'>): HostCommand {
  const args = [...flags, hostProgram('inspected-main')]
  return { command: process.execPath, args, env: environment(timeZone, locale) }
}

/** How a host process is started. Throws `HOST_START_FAILED` where its program is not found, or `strict` cannot run. */
export function hostCommand({ profile, memoryMb, timeZone, locale }: HostCommandOptions): HostCommand {
  const env = environment(timeZone, locale)
  if (profile === 'default') return { command: process.execPath, args: [...flags, hostProgram('main')], env }
  return { ...strictCommand(compiledHostProgram(), memoryMb), env }
}

/**
 * No just-in-time compiler (most holes of V8 are in it), the permission model of Node, and limits of the kernel on data
 * and core dumps. A shell is what sets such limits without a native module.
 */
function strictCommand(program: string, memoryMb: number): Omit<HostCommand, 'env'> {
  const shell = '/bin/sh'
  if (!existsSync(shell)) {
    throw new CodecellError(
      'HOST_START_FAILED',
      `Cannot start a host in the strict profile: "${shell}" is needed to set kernel limits and is not there`,
    )
  }
  const node = [
    ...flags,
    '--jitless',
    '--permission',
    '--allow-addons',
    ...readable(program),
    '--disable-warning=PERM0001',
  ]
  // The shell adds its folder to the environment, which programs must not see.
  const script = 'ulimit -c 0 && ulimit -d "$1" && shift && unset PWD OLDPWD SHLVL && exec "$@"'
  const args = ['-c', script, 'sh', String(dataKib(memoryMb)), process.execPath, ...node, program]
  return { command: shell, args }
}

/**
 * Nothing of the agent's environment: no secret can leak from what is not there. The allocator settings keep memory
 * from being held by arenas of threads; time zone and locale are the same on every machine.
 */
function environment(timeZone: string, locale: string): Record<string, string> {
  const posixLocale = `${locale.replaceAll('-', '_')}.UTF-8`
  return {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '131072',
    TZ: timeZone,
    LANG: posixLocale,
    LC_ALL: posixLocale,
  }
}

/** Data segment of a whole host in KiB: what Node itself takes, and twice what a cell may use. */
function dataKib(memoryMb: number): number {
  return (160 + 2 * memoryMb) * 1024
}

/** A folder of packages is looked at, but not read. */
const everything = join('node_modules', '*')

/** The files a host reads: its own, the isolate engine, and what the engine's loader looks at. */
function readable(program: string): string[] {
  const require = createRequire(program)
  const sources = join(dirname(program), '..')
  const packages = ['isolated-vm', 'node-gyp-build', 'acorn'].flatMap((name) => packageFolders(require, name))
  const folders = [sources, ...packages].map((folder) => join(folder, '*')).filter((path) => !path.endsWith(everything))
  const files = [join(sources, '..', 'package.json'), '/etc/alpine-release', ...packages]
  // Files first: Node 24 forgets a file that is named after a pattern which begins with it.
  return [...new Set([...files, ...folders])].map((path) => `--allow-fs-read=${path}`)
}

/** Where a package is, by the path that Node looks at and, behind links, by its real one. */
function packageFolders(require: NodeJS.Require, name: string): string[] {
  const places = require.resolve.paths(name) ?? []
  const folder = places.map((place) => join(place, name)).find((candidate) => existsSync(candidate))
  return folder === undefined ? [] : [dirname(folder), folder, realpathSync(folder)]
}
