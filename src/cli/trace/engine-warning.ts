import type { CellReplay, ReplayOptions } from '../../replay.ts'
import type { CommandLine } from '../common/command-line.ts'
import type { Output } from '../common/io.ts'
import { shown } from './replay-text.ts'

/** Returns the engine that `--engine` selects for a replay. */
export function replayEngineOf(line: CommandLine): Pick<ReplayOptions, 'engine'> {
  const engine = line.text('engine')
  return engine === 'v8' || engine === 'quickjs' ? { engine } : {}
}

/** Warns once when a replay runs on another engine than the recorded cell. */
export class EngineWarning {
  readonly #stderr: Output
  #isGiven = false

  constructor(stderr: Output) {
    this.#stderr = stderr
  }

  onReplay({ engineDifferences = [] }: CellReplay): void {
    if (this.#isGiven || engineDifferences.length === 0) return
    this.#isGiven = true
    const differences = engineDifferences.map((difference) => shown(difference)).join(', ')
    this.#stderr.write(`Warning: this engine is not the recorded one, so results can differ: ${differences}\n`)
  }
}
