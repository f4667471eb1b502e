import { isSameEngine, type EnginePrint } from '../../protocol/engine-print.ts'
import { oldestProtocolVersion, protocolVersion } from '../../protocol/message.ts'

/** Returns the reason why a host with a protocol version cannot be used; null when it can. */
export function versionProblem(version: number): string | null {
  if (version <= protocolVersion && version >= oldestProtocolVersion) return null
  return `it has protocol version ${version}, expected ${oldestProtocolVersion} to ${protocolVersion}`
}

/** Returns whether a host that reports an engine has the one that it must have. */
export function hasEngine(engine: EnginePrint | null, needed: EnginePrint): boolean {
  // A host that does not report its engine has an unknown version of V8.
  if (engine === null) return needed.name === 'v8' && needed.version === ''
  return isSameEngine(engine, needed)
}
