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
  parts: [
    'receivers',
    'locale-variants',
    'bridge',
    'json-depth',
    'written-source',
    'stack-location',
    'intl-clock',
    'driver',
  ],
  startupFunctions: ['installVariants', 'installConstructor', 'installIntlClock', 'installTemporal'],
  parameters: ['emit', 'host', 'ring'],
  constants: { ringLayout },
}

/** The file that a build writes the prelude to: reading many files would delay a host. */
const builtFile = 'dist/host/v8-prelude.js'

/** A prelude, and the first 16 hexadecimal digits of its SHA-256. */
export type LoadedPrelude = { readonly source: string; readonly digest: string }

/** Loads the prelude, from the modules or from the file that a build has written. */
export function loadV8Prelude(): LoadedPrelude {
  return runsFromSource()
    ? parseBuiltPrelude(builtPrelude(assemblePrelude(v8Prelude)))
    : parseBuiltPrelude(readFileSync(packageFile(builtFile), 'utf8'))
}

const beforeDigest = '// '
const digestLength = 16

/** Returns the content of the file for a prelude: its digest, and its source. A host would take 7 ms to load what computes a digest. */
export function builtPrelude(source: string): string {
  const digest = process.getBuiltinModule('node:crypto').hash('sha256', source).slice(0, digestLength)
  return `${beforeDigest}${digest}\n${source}`
}

function parseBuiltPrelude(content: string): LoadedPrelude {
  const start = beforeDigest.length + digestLength
  return { digest: content.slice(beforeDigest.length, start), source: content.slice(start + 1) }
}
