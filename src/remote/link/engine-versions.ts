import { installedVersion } from '../../installation/installed-version.ts'
import { packageVersion } from '../../installation/package-version.ts'
import type { EnginePrint } from '../../protocol/engine-print.ts'
import { MessageReader } from '../../protocol/message-reader.ts'

/** The versions of the parts of a host that decide what a program does. */
export type EngineVersions = Pick<EnginePrint, 'icu' | 'tz'> & {
  readonly codecell: string
  readonly isolatedVm: string
  readonly v8: string
}

/** Returns the versions of the hosts of this installation. */
export function engineVersions(): EngineVersions {
  return {
    codecell: packageVersion,
    isolatedVm: installedVersion('isolated-vm') ?? 'unknown',
    v8: process.versions.v8,
    icu: process.versions['icu'] ?? 'none',
    tz: process.versions['tz'] ?? 'none',
  }
}

/** Parses untrusted versions. Throws `PROTOCOL_VIOLATION`. */
export function parseEngineVersions(value: unknown): EngineVersions {
  const read = new MessageReader(value)
  return {
    codecell: read.string('codecell'),
    isolatedVm: read.string('isolatedVm'),
    v8: read.string('v8'),
    icu: read.string('icu'),
    tz: read.string('tz'),
  }
}
