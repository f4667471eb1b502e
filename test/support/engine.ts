import { startInProcessHost } from '../../src/host/in-process.ts'
import { loadEngine } from '../../src/host/load-engine.ts'
import { quickJsVersion } from '../../src/host/quickjs/quickjs-print.ts'
import { defaultEngine } from '../../src/protocol/default-engine.ts'
import type { EngineName } from '../../src/protocol/engine-name.ts'
import type { Transport } from '../../src/protocol/transport.ts'

/** The engine of tests that choose none: V8, or QuickJS in `npm run test:quickjs`. */
export const testEngine: EngineName = defaultEngine
export const isQuickJs: boolean = testEngine === 'quickjs'

/** The version of that engine. */
export const testEngineVersion: string = isQuickJs ? quickJsVersion : process.versions.v8

/** Starts a host in this process with that engine. */
export function startTestHost(): Transport {
  return startInProcessHost(() => loadEngine(testEngine))
}
