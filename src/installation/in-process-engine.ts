import { CodecellError } from '../errors.ts'
import type { EngineChoice, EngineName } from '../protocol/engine-name.ts'
import { findV8, type V8Support } from './v8-support.ts'

/** The flag of Node without which isolates in this process end it. */
const flag = '--no-node-snapshot'

/** Returns the engine of a host in this process. */
export function inProcessEngine(choice: EngineChoice, v8: V8Support = inProcessV8()): EngineName {
  if (choice !== 'auto') return choice
  return v8.type === 'available' ? 'v8' : 'quickjs'
}

/** @throws {CodecellError} `HOST_START_FAILED` when this process cannot run V8 isolates */
export function checkInProcessV8(v8: V8Support = inProcessV8()): void {
  if (v8.type === 'available') return
  const text = `Cannot start a host with V8 in this process: ${v8.reason}. ${v8.advice}, or use engine "quickjs"`
  throw new CodecellError('HOST_START_FAILED', text)
}

/** Returns whether this process can run V8 isolates itself. */
export function inProcessV8(found: V8Support = findV8(), hasFlag: boolean = isStartedWithFlag()): V8Support {
  if (found.type === 'missing' || hasFlag) return found
  return { type: 'missing', reason: `Node runs without "${flag}"`, advice: `Start Node with "${flag}"` }
}

function isStartedWithFlag(): boolean {
  const options = (process.env['NODE_OPTIONS'] ?? '').split(' ')
  return process.execArgv.includes(flag) || options.includes(flag)
}
