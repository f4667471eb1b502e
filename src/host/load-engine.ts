import { engineNamed, engineNames, type EngineName } from '../protocol/engine-name.ts'
import type { Engine } from './engine/engine.ts'

/** Loads an engine. Nothing of the others is loaded. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'v8') return (await import('./v8/v8-engine.ts')).v8Engine
  return new (await import('./quickjs-threads/quickjs-engine.ts')).QuickJsEngine()
}

/** Loads an engine for a host in this process, which can be a bundle. */
export async function loadInProcessEngine(name: EngineName): Promise<Engine> {
  if (name === 'v8') return await loadEngine('v8')
  const [{ QuickJsEngine }, { findFiles }] = await Promise.all([
    import('./quickjs-threads/quickjs-engine.ts'),
    import('./quickjs-threads/quickjs-files.ts'),
  ])
  return new QuickJsEngine(await findFiles())
}

/** Returns the engine that `--engine` names in the arguments of a host program, or V8. Throws for an unknown one. */
export function engineNameIn(args: readonly string[]): EngineName {
  const at = args.indexOf('--engine')
  if (at === -1) return 'v8'
  const given = args[at + 1] ?? ''
  const name = engineNamed(given)
  if (name === null)
    throw new Error(`Cannot start a host: expected --engine ${engineNames.join(' or ')}, got "${given}"`)
  return name
}
