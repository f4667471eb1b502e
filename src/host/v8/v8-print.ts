import type { EnginePrint } from '../../protocol/engine-print.ts'
import type { LoadedPrelude } from './v8-prelude.ts'

/** Flags of Node that change what a program can see: its stacks, its recursion depth, or its builtins. */
const visibleFlag = /^--(?:no-?)?(?:jitless|stack-|harmony|js-|disallow-code-generation)/

/** Returns the print of V8 in this process with a prelude. */
export function v8Print({ digest }: LoadedPrelude): EnginePrint {
  const { versions, execArgv, env } = process
  return {
    name: 'v8',
    version: versions.v8,
    prelude: digest,
    flags: execArgv
      .filter((flag) => visibleFlag.test(flag))
      .toSorted()
      .join(' '),
    icu: versions['icu'] ?? '',
    tz: versions['tz'] ?? '',
    // The defaults of `Intl` would take 15 ms to load.
    timeZone: env['TZ'] ?? '',
    locale: env['LC_ALL'] ?? '',
  }
}
