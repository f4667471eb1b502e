import { engineNamed, engineNames, type EngineName } from '../protocol/engine-name.ts'
import type { Engine } from './engine/engine.ts'

/** Loads an engine, and nothing of the others. QuickJS has up to `maxThreads` threads. */
export async function loadEngine(name: EngineName, maxThreads?: number): Promise<Engine> {
  if (name === 'v8') return (await import('./v8/v8-engine.ts')).v8Engine
  const { QuickJsEngine } = await import('./quickjs-threads/quickjs-engine.ts')
  return new QuickJsEngine(maxThreads === undefined ? {} : { maxThreads })
}

/** Loads an engine for a host in this process, which can be a bundle. */
export async function loadInProcessEngine(name: EngineName): Promise<Engine> {
  if (name === 'v8') return await loadEngine('v8')
  const [{ QuickJsEngine }, { findFiles }] = await Promise.all([
    import('./quickjs-threads/quickjs-engine.ts'),
    import('./quickjs-threads/quickjs-files.ts'),
  ])
  return new QuickJsEngine({ files: await findFiles() })
}

/** The engine of a host program, and the maximum number of its threads. */
export type EngineSettings = { readonly name: EngineName; readonly maxThreads: number | undefined }

/** Returns the settings in the arguments of a host program: `--engine`, by default V8, and `--max-threads`. Throws for an unknown engine. */
export function engineSettingsIn(args: readonly string[]): EngineSettings {
  const given = valueOf('--engine', args) ?? 'v8'
  const name = engineNamed(given)
  if (name === null)
    throw new Error(`Cannot start a host: expected --engine ${engineNames.join(' or ')}, got "${given}"`)
  const maxThreads = valueOf('--max-threads', args)
  return { name, maxThreads: maxThreads === null ? undefined : Number(maxThreads) }
}

function valueOf(option: string, args: readonly string[]): string | null {
  const at = args.indexOf(option)
  return at === -1 ? null : (args[at + 1] ?? '')
}
