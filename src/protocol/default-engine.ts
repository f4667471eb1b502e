import type { EngineName } from './engine-name.ts'

/** The engine of hosts and sessions whose caller chooses none. Tests of QuickJS replace this module. */
export const defaultEngine: EngineName = 'v8'
