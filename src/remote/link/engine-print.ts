import { installedVersion } from '../../installation/installed-version.ts'
import { packageVersion } from '../../installation/package-version.ts'

/** The versions of the parts of a host that decide what a program does. A cell can resume only on an equal engine. */
export type EnginePrint = {
  readonly codecell: string
  readonly isolatedVm: string
  readonly v8: string
  /** The version of the Unicode and locale data. */
  readonly icu: string
  /** The version of the time zone data. */
  readonly tz: string
}

/** Returns the engine of the hosts of this installation. */
export function enginePrint(): EnginePrint {
  return {
    codecell: packageVersion,
    isolatedVm: installedVersion('isolated-vm') ?? 'unknown',
    v8: process.versions.v8,
    icu: process.versions['icu'] ?? 'none',
    tz: process.versions['tz'] ?? 'none',
  }
}

export function enginePrintText({ codecell, isolatedVm, v8, icu, tz }: EnginePrint): string {
  return `codecell ${codecell}, isolated-vm ${isolatedVm}, V8 ${v8}, ICU ${icu}, time zones ${tz}`
}
