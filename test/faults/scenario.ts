import { existsSync, mkdirSync, rmSync } from 'node:fs'
import type { ScenarioEnd, ScenarioOptions } from './scenario-end.ts'
import { Stage } from './stage.ts'

/** Runs the programs of a scenario to their end, in as many processes as the faults of its plan require. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioEnd> {
  mkdirSync(options.folder, { recursive: true })
  return await new Stage(options).play()
}

export function removeFolder(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
}
