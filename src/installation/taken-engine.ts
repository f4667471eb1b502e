import { engineLabels, type EngineName } from '../protocol/engine-name.ts'
import type { V8Support } from './v8-support.ts'

/** The engine that `auto` takes in this process, with the reason. */
export type TakenEngine = { readonly engine: EngineName; readonly reason: string }

/** Returns the engine that `auto` takes: V8 if isolated-vm loads, otherwise QuickJS. */
export function takenEngine(v8: V8Support): TakenEngine {
  return v8.type === 'available'
    ? { engine: 'v8', reason: 'isolated-vm loads' }
    : { engine: 'quickjs', reason: `${v8.reason}. ${v8.advice}` }
}

/** Returns the report about an engine that `auto` took. */
export function takenText({ engine, reason }: TakenEngine): string {
  return `engine "auto" took ${engineLabels[engine]}: ${reason}`
}
