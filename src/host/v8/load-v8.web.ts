import type { Engine } from '../engine/engine.ts'

export function loadV8(): Promise<Engine> {
  return Promise.reject(new Error('V8 isolates require Node'))
}
