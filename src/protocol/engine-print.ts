import { sha256Of } from '../platform/hash.ts'
import type { EngineName } from './engine-name.ts'
import { isRecord } from './json.ts'

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

/** Returns a print that equals every print of an engine, for a cell that has not begun. */
export function anyPrintOf(name: EngineName): EnginePrint {
  return { name, version: '', prelude: '', flags: '', icu: '', tz: '', timeZone: '', locale: '' }
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
  return engine.version === ''
    ? `no host has the engine ${engine.name}`
    : `no host has the engine that the cell began on (${engineText(engine)})`
}

/** Returns an engine in words: its name, version and ID. */
export function engineText(engine: EnginePrint): string {
  return `${engine.name} ${engine.version}, ${engineIdOf(engine)}`
}

/** Returns whether a program does the same on both engines. A member that one print does not know is equal. */
export function isSameEngine(left: EnginePrint, right: EnginePrint): boolean {
  return left === right || members.every((member) => isSameMember(member, left, right))
}

/** Whether two prints agree on a member, or one does not know it. A print with a version knows its flags: it can have none. */
function isSameMember(member: (typeof members)[number], left: EnginePrint, right: EnginePrint): boolean {
  if (left[member] === right[member]) return true
  const known = member === 'flags' ? 'version' : member
  return left[known] === '' || right[known] === ''
}

/**
 * Returns whether a program that began on an engine may be replayed on another one of this name. For V8, the replay decides whether the
 * program does the same. A print of QuickJS promises equal events, and the same events can hide a difference, so it is the only one.
 */
export function canReplayElsewhere({ name }: EnginePrint): boolean {
  return name === 'v8'
}

/** Returns the members that differ, e.g. `["version 13.6 instead of 14.1"]`; a member that one print does not know is equal. */
export function enginePrintDifferences(current: EnginePrint, recorded: EnginePrint): readonly string[] {
  return members.flatMap((member) => {
    if (isSameMember(member, current, recorded)) return []
    return [`${labels[member]} ${current[member] || 'none'} instead of ${recorded[member] || 'none'}`]
  })
}
