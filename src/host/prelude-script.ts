import { readFileSync } from 'node:fs'
import { commandKinds, emissionKinds, locationScopes, maxRingText, ringLayout, waitKinds } from './bridge.ts'

/** The modules of `prelude/`, each after those that it imports. */
const preludeParts = [
  'primordials',
  'host-constants',
  'limits',
  'bridge',
  'written-source',
  'location',
  'clock-and-random',
  'removed-builtins',
  'json',
  'promise-uses',
  'objects',
  'short-clips',
  'output',
  'content',
  'stored-values',
  'notifications',
  'tools',
  'driver',
  'timers',
  'settlement',
  'receive',
] as const

const hostConstants = { emissionKinds, waitKinds, commandKinds, locationScopes, ringLayout, maxRingText }

/**
 * Returns the script that runs in every isolate before the source of a cell. It builds the globals of the cell and returns the
 * function through which commands come in. Only strings and numbers cross the boundary: out through `emit`, in through the
 * returned function; `host` waits for the host, and `ring` is the memory of `text-ring.ts`.
 *
 * The parts are modules for editors and checks only. One script starts faster in an isolate than many modules, so their
 * imports and the word `export` are removed, and all parts share one function scope.
 */
export function preludeScript(): string {
  const parts = preludeParts.map((part) =>
    readFileSync(new URL(`./prelude/${part}.js`, import.meta.url), 'utf8')
      .replaceAll(/^import [^']*'\.\/[\w-]+\.js'\n/gm, '')
      .replaceAll(/^export (?=(?:async )?(?:const|let|function)\b)/gm, ''),
  )
  return `'use strict'
;(function install(emit, host, ring) {
const hostConstants = ${JSON.stringify(hostConstants)}
${parts.join('\n')}
return receive
})
`
}
