import { takenEngine, takenText, type TakenEngine } from '../../installation/taken-engine.ts'
import { loadV8 } from '../../installation/v8-support.ts'
import type { EngineChoice, EngineName } from '../../protocol/engine-name.ts'

/** Called with the first engine that `auto` takes in this process. */
export type EngineListener = (taken: TakenEngine) => void

let isReported = false

/**
 * Returns the engine of a choice. `auto` looks once per process whether isolated-vm loads, and reports once which engine it took:
 * to `onTaken`, or as a process warning.
 */
export function chooseEngine(choice: EngineChoice, onTaken: EngineListener = warn): EngineName {
  if (choice !== 'auto') return choice
  const taken = takenEngine(loadV8())
  if (!isReported) {
    isReported = true
    onTaken(taken)
  }
  return taken.engine
}

function warn(taken: TakenEngine): void {
  process.emitWarning(takenText(taken), 'CodecellWarning')
}
