import { readFileSync } from 'node:fs'
import { packageFile, runsFromSource } from '../../package/package-file.ts'
import { assemblePrelude, type EnginePrelude } from '../engine/prelude-script.ts'
import { quickJsKinds } from './kinds.ts'

/** The parts of QuickJS. Only strings and numbers cross the boundary of a machine: out through two functions of the host, in through `receive`. */
export const quickJsPrelude: EnginePrelude = {
  folder: 'quickjs/prelude',
  parts: [
    'receivers',
    'bridge',
    'program-source',
    'callees',
    'error-words',
    'stacks',
    'native-texts',
    'iterator-chains',
    'refusals',
    'locale-options',
    'locale-numbers',
    'locale-dates',
    'locale-compare',
    'driver',
  ],
  startupFunctions: [],
  parameters: ['emitOut', 'waitOutside'],
  constants: { quickJsKinds },
}

/** The file that a build writes the prelude to: reading many files would delay a host. */
const builtFile = 'dist/host/quickjs-prelude.js'

/** Loads the prelude, from the modules or from the file that a build has written. */
export function loadQuickJsPrelude(): string {
  return runsFromSource() ? assemblePrelude(quickJsPrelude) : readFileSync(packageFile(builtFile), 'utf8')
}
