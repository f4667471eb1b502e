import { sha256Of } from '../platform/hash.ts'
import { isRecord } from './json.ts'

/** The kind of an engine. */
export type EngineName = 'v8' | 'quickjs'

const members = ['name', 'version', 'prelude', 'flags', 'icu', 'tz', 'timeZone', 'locale'] as const

/**
 * The parts of an engine and its host that determine the events of a program. With equal prints, the same program with the same
 * commands emits the same events. An empty member is unknown.
 */
export type EnginePrint = {
  /** The engine: `v8` or `quickjs`. */
  readonly name: string
  /** Its version. */
  readonly version: string
  /** The first 16 hexadecimal digits of the SHA-256 of the prelude. */
  readonly prelude: string
  /** The flags that change what a program can see, separated by spaces. */
  readonly flags: string
  /** The version of the Unicode and locale data. */
  readonly icu: string
  /** The version of the time zone data. */
  readonly tz: string
  /** The time zone of the host, e.g. `Europe/Paris`. */
  readonly timeZone: string
  /** The locale of the host, e.g. `en_US.UTF-8`. */
  readonly locale: string
}

/** The start of the names of engines among the needs of sessions. */
export const engineNeedPrefix = 'engine:'

/** The maximum length of a member that another process sends or a file contains, in characters. */
const maxLength = 200

/** Parses an untrusted print; null if it is malformed or missing. */
export function parseEnginePrint(value: unknown): EnginePrint | null {
  if (!isRecord(value)) return null
  const of = (name: (typeof members)[number]): string => {
    const text = value[name]
    return typeof text === 'string' ? text.slice(0, maxLength) : ''
  }
  return {
    name: of('name'),
    version: of('version'),
    prelude: of('prelude'),
    flags: of('flags'),
    icu: of('icu'),
    tz: of('tz'),
    timeZone: of('timeZone'),
    locale: of('locale'),
  }
}

/** Returns the short name of a print: equal prints, and no others, have the same one. */
export function engineIdOf(print: EnginePrint): string {
  const parts = members.map((member) => print[member])
  return sha256Of(JSON.stringify(parts)).slice(0, 12)
}

const labels: Readonly<Record<(typeof members)[number], string>> = {
  name: 'engine',
  version: 'version',
  prelude: 'prelude',
  flags: 'flags',
  icu: 'ICU',
  tz: 'time zone data',
  timeZone: 'time zone',
  locale: 'locale',
}

/**
 * Returns the name of an engine among the needs of a session. It has no time zone and no locale, because a host can start with those
 * of any cell.
 */
export function engineNeedOf(print: EnginePrint): string {
  return `${engineNeedPrefix}${engineIdOf({ ...print, timeZone: '', locale: '' })}`
}

/** Returns the reason why a cell has no host: none has the engine that it began on. Models and operators read it. */
export function missingEngineReason(engine: EnginePrint): string {
  return `no host has the engine that the cell began on (${engine.name} ${engine.version}, ${engineIdOf(engine)})`
}

/** Returns whether a program does the same on both engines. A member that one print does not know is equal. */
export function isSameEngine(left: EnginePrint, right: EnginePrint): boolean {
  return left === right || members.every((member) => isSameMember(member, left[member], right[member]))
}

function isSameMember(member: (typeof members)[number], left: string, right: string): boolean {
  return left === right || (member !== 'flags' && (left === '' || right === ''))
}

/** Returns the members that differ, e.g. `["version 13.6 instead of 14.1"]`; a member that one print does not know is equal. */
export function enginePrintDifferences(current: EnginePrint, recorded: EnginePrint): readonly string[] {
  return members.flatMap((member) => {
    const [is, was] = [current[member], recorded[member]]
    return isSameMember(member, is, was) ? [] : [`${labels[member]} ${is || 'none'} instead of ${was || 'none'}`]
  })
}
