import { recordingEngine } from './recording-engine.ts'
import { SnapshotHosts, type SnapshotHostsInit } from './snapshot-hosts.ts'

/** Returns hosts with V8 and snapshots, or with the engine of `init`. */
export function recordingHosts(init: Partial<SnapshotHostsInit> = {}): SnapshotHosts {
  return new SnapshotHosts({ createEngine: () => recordingEngine, engine: 'v8', ...init })
}
