import type { Engine } from '../engine/engine.ts'

/** Loads the engine V8. */
export async function loadV8(): Promise<Engine> {
  return (await import('./v8-engine.ts')).v8Engine
}
