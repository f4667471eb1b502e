import { takenEngine, takenText } from '../../installation/taken-engine.ts'
import { loadV8 } from '../../installation/v8-support.ts'
import type { EngineChoice, EngineName } from '../../index.ts'
import type { CommandLine } from './command-line.ts'

/** The engine of new hosts, and that of a session, which can be on record. */
export type ChosenEngine = { readonly pool: EngineName; readonly session: EngineChoice }

/**
 * Returns the engine that `--engine` selects. Without the flag it is `auto`, which is reported when it takes QuickJS. With hosts on other
 * machines, `auto` takes V8.
 */
export function engineOf(
  line: CommandLine,
  { isRemote = false, onWarning }: { readonly isRemote?: boolean; readonly onWarning: (text: string) => void },
): ChosenEngine {
  const flag = line.text('engine')
  if (flag === 'v8' || flag === 'quickjs') return { pool: flag, session: flag }
  if (isRemote) return { pool: 'v8', session: 'auto' }
  const taken = takenEngine(loadV8())
  if (flag !== undefined || taken.engine !== 'v8') onWarning(takenText(taken))
  return { pool: taken.engine, session: 'auto' }
}
