import { readFileSync } from 'node:fs'
import { packageFile, runsFromSource } from '../../package/package-file.ts'
import { assemblePrelude, type EnginePrelude } from '../engine/prelude-script.ts'
import { ringLayout } from './ring-layout.ts'

/**
 * The parts of V8. Only strings and numbers cross the boundary of an isolate: out through `emit`, in through the function that the
 * prelude returns; `host` waits for the host, and `ring` is the memory of `text-ring.ts`.
 */
export const v8Prelude: EnginePrelude = {
  folder: 'v8/prelude',
  parts: ['receivers', 'locale-variants', 'bridge', 'written-source', 'stack-location', 'intl-clock', 'driver'],
  startupFunctions: ['installVariants', 'installConstructor', 'installIntlClock', 'installTemporal'],
  parameters: ['emit', 'host', 'ring'],
  constants: { ringLayout },
}

/** The file that a build writes the prelude to: reading many files would delay a host. */
const builtFile = 'dist/host/v8-prelude.js'

/** Loads the prelude, from the modules or from the file that a build has written. */
export function loadV8Prelude(): string {
  return runsFromSource() ? assemblePrelude(v8Prelude) : readFileSync(packageFile(builtFile), 'utf8')
}
