import type { EngineName } from '../protocol/engine-name.ts'
import type { Engine } from './engine/engine.ts'

/** Loads an engine. Nothing of the others is loaded. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'v8') return (await import('./v8/v8-engine.ts')).v8Engine
  return new (await import('./quickjs-threads/quickjs-engine.ts')).QuickJsEngine()
}

/** Returns the engine that `--engine` names in the arguments of a host program, or V8. */
export function engineNameIn(args: readonly string[]): EngineName {
  const at = args.indexOf('--engine')
  const name = at === -1 ? 'v8' : args[at + 1]
  if (name === 'v8' || name === 'quickjs') return name
  throw new Error(`Cannot start a host: expected --engine v8 or quickjs, got ${name ?? 'none'}`)
}
