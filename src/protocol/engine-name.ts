/** The engines that a cell can have. */
export const engineNames = ['v8', 'quickjs'] as const

export type EngineName = (typeof engineNames)[number]

/** The values of the option `engine`. `auto`: V8 if isolated-vm loads, otherwise QuickJS. */
export const engineChoices = ['v8', 'quickjs', 'auto'] as const

export type EngineChoice = (typeof engineChoices)[number]

/** Returns an engine by its name; null for another string. */
export function engineNamed(name: string): EngineName | null {
  return engineNames.find((known) => known === name) ?? null
}

/** The names of engines in texts for people. */
export const engineLabels: Readonly<Record<EngineName, string>> = { v8: 'V8', quickjs: 'QuickJS' }
