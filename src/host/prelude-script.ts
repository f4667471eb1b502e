import { readFileSync } from 'node:fs'
import { packageFile, runsFromSource } from '../package/package-file.ts'
import { commandKinds, emissionKinds, locationScopes, ringLayout, waitKinds } from './bridge.ts'

/** The modules of `prelude/`, each after those that it imports. */
const preludeParts = [
  'primordials',
  'native',
  'builtins/base64',
  'builtins/byte-methods',
  'builtins/precise-sum',
  'builtins/locale-variants',
  'builtins/added-builtins',
  'limits',
  'bridge',
  'written-source',
  'location',
  'clock-and-random',
  'builtins/removed-builtins',
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

/**
 * Functions that run in every isolate before its program. The code cache has only functions that V8 compiles at once: the others
 * would be compiled again in each isolate, which takes a third of the time of the prelude.
 */
export const startupFunctions = [
  'addMethods',
  'asNative',
  'defineBuiltin',
  'installVariants',
  'installConstructor',
  'installClock',
  'installTemporal',
  'installBufferGuard',
  'setMember',
  'setGlobal',
  'installTools',
  'defineTool',
  'nameless',
  'receive',
] as const

/** Constants of the host that the parts import. */
const constants: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  emissionKinds,
  waitKinds,
  commandKinds,
  locationScopes,
  ringLayout,
}

/** Loads the prelude of `assemblePrelude`, which a build has written to a file: reading many files would delay a host. */
export function loadPrelude(): string {
  if (runsFromSource()) return assemblePrelude()
  return readFileSync(packageFile('dist/host/prelude.js'), 'utf8')
}

/**
 * Returns the script that runs in every isolate before the source of a cell. It builds the globals of the cell and returns the
 * function through which commands come in. Only strings and numbers cross the boundary: out through `emit`, in through the
 * returned function; `host` waits for the host, and `ring` is the memory of `text-ring.ts`.
 *
 * The parts are modules for editors and checks only. One script starts faster in an isolate than many modules. So all parts share
 * one function scope, without imports and the word `export`, and with the numbers of the constants.
 */
export function assemblePrelude(): string {
  const parts = preludeParts.map((part) =>
    withNumbers(readFileSync(packageFile(`src/host/prelude/${part}.js`), 'utf8'))
      .replaceAll(/^import [^']*'[^']*'\n/gm, '')
      .replaceAll(/^export (?=(?:async )?(?:const|let|function)\b)/gm, ''),
  )
  return `'use strict'
;(function install(emit, host, ring) {
${compiledAtOnce(parts.join('\n'))}
return receive
})
`
}

/** Puts the functions of the list in parentheses, which makes V8 compile them together with the script. */
function compiledAtOnce(script: string): string {
  const names = startupFunctions.join('|')
  return script.replaceAll(
    new RegExp(`^function (${names})\\([\\s\\S]*?^\\}$`, 'gm'),
    (text, name: string) => `var ${name} = (${text})`,
  )
}

function withNumbers(source: string): string {
  return source.replaceAll(/\b(\w+Kinds|locationScopes|ringLayout)\.(\w+)\b/g, (found, group: string, name: string) =>
    String(constants[group]?.[name] ?? found),
  )
}
