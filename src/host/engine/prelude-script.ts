import { readFileSync } from 'node:fs'
import { packageFile } from '../../package/package-file.ts'
import { commandKinds, emissionKinds, locationScopes, waitKinds } from './bridge.ts'

/** Stands for the parts of the engine. */
const engineParts = null

/** The modules of `prelude/`, which all engines share, each after those that it needs when it starts. */
const commonParts = [
  'primordials',
  'native',
  'builtins/base64',
  'builtins/byte-methods',
  'builtins/precise-sum',
  'builtins/added-builtins',
  'limits',
  'emissions',
  'location',
  'clock-and-random',
  engineParts,
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
  'program-end',
  'timers',
  'settlement',
  'receive',
] as const

/** The functions of common parts that run in every isolate before its program. */
const commonStartupFunctions = [
  'addMethods',
  'asNative',
  'defineBuiltin',
  'installClock',
  'installBufferGuard',
  'setMember',
  'setGlobal',
  'installTools',
  'defineTool',
  'nameless',
  'receive',
] as const

/** The additions of an engine to the common parts of the prelude. */
export type EnginePrelude = {
  /** The folder of its parts, below `src/host`. */
  readonly folder: string
  /** Its modules, which define the functions of `EngineParts`. */
  readonly parts: readonly string[]
  /**
   * The functions of its parts that run in every isolate before its program. The code cache has only functions that V8 compiles at
   * once: the others would be compiled again in each isolate, which takes a third of the time of the prelude.
   */
  readonly startupFunctions: readonly string[]
  /** The values that its parts use to reach the host. */
  readonly parameters: readonly string[]
  /** Constants of the host that its parts import. */
  readonly constants: Constants
}

type Constants = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Constants of the host that the common parts import. */
const commonConstants: Constants = { emissionKinds, waitKinds, commandKinds, locationScopes }

/** Returns all functions that run in every isolate before its program. */
export function startupFunctionsOf(engine: EnginePrelude): readonly string[] {
  return [...commonStartupFunctions, ...engine.startupFunctions]
}

/** Returns the modules of a prelude in their order, as paths below `src/host` without extension. */
export function partsOf(engine: EnginePrelude): readonly string[] {
  return commonParts.flatMap((part) =>
    part === engineParts ? engine.parts.map((own) => `${engine.folder}/${own}`) : [`prelude/${part}`],
  )
}

/**
 * Returns the script that runs in every isolate before the source of a cell. It builds the globals of the cell and returns the
 * function through which commands come in.
 *
 * The parts are modules for editors and checks only. One script starts faster in an isolate than many modules. So all parts share
 * one function scope, without imports and the word `export`, and with the numbers of the constants.
 */
export function assemblePrelude(engine: EnginePrelude): string {
  const constants = { ...commonConstants, ...engine.constants }
  const parts = partsOf(engine).map((path) =>
    withNumbers(readFileSync(packageFile(`src/host/${path}.js`), 'utf8'), constants)
      .replaceAll(/^import [^']*'[^']*'\n/gm, '')
      .replaceAll(/^export (?=(?:async )?(?:const|let|function)\b)/gm, ''),
  )
  return `'use strict'
;(function install(${engine.parameters.join(', ')}) {
${compiledAtOnce(parts.join('\n'), startupFunctionsOf(engine))}
return receive
})
`
}

/** Puts the functions of the list in parentheses, which makes V8 compile them together with the script. */
function compiledAtOnce(script: string, functions: readonly string[]): string {
  return script.replaceAll(
    new RegExp(`^function (${functions.join('|')})\\([\\s\\S]*?^\\}$`, 'gm'),
    (text, name: string) => `var ${name} = (${text})`,
  )
}

function withNumbers(source: string, constants: Constants): string {
  return source.replaceAll(
    new RegExp(`\\b(${Object.keys(constants).join('|')})\\.(\\w+)\\b`, 'g'),
    (found, group: string, name: string) => String(constants[group]?.[name] ?? found),
  )
}
