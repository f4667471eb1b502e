import { hash } from 'node:crypto'
import type { EnginePrint } from '../../protocol/engine-print.ts'

/** Flags of Node that change what a program can see: its stacks, its recursion depth, or its builtins. */
const visibleFlag = /^--(?:no-?)?(?:jitless|stack-|harmony|js-|disallow-code-generation)/

/** Returns the print of V8 in this process. */
export function v8Print(prelude: string): EnginePrint {
  const { versions, execArgv, env } = process
  return {
    name: 'v8',
    version: versions.v8,
    prelude: hash('sha256', prelude).slice(0, 16),
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
