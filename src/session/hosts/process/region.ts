import { CodecellError } from '../../../errors.ts'
import type { EnginePrint } from '../../../protocol/engine-print.ts'

/** The time zone and the locale of a host. */
export type Region = { readonly timeZone: string; readonly locale: string }

/**
 * Returns the canonical name of a time zone.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown one
 */
export function timeZoneOf(name: string): string {
  // The first format of a process loads data for 15 ms.
  if (name === 'UTC') return name
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use time zone "${name}": expected an IANA name`, {
      cause,
      details: { option: 'timeZone', value: name, expected: 'an IANA name' },
    })
  }
}

/**
 * Returns the canonical form of a language tag.
 *
 * @throws {CodecellError} `INVALID_OPTION` for another string
 */
export function localeOf(tag: string): string {
  try {
    return new Intl.Locale(tag).toString()
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot use locale "${tag}": expected a BCP 47 tag`, {
      cause,
      details: { option: 'locale', value: tag, expected: 'a BCP 47 tag' },
    })
  }
}

/** Returns the name of a locale in the environment of a host. */
export function posixLocaleOf(locale: string): string {
  return `${locale.replaceAll('-', '_')}.UTF-8`
}

/**
 * Returns the region of a host with this engine; `region` when the engine does not report it.
 *
 * @throws {CodecellError} `INVALID_OPTION` for names that are unknown on this machine
 */
export function regionFor({ timeZone, locale }: EnginePrint, region: Region): Region {
  return {
    timeZone: timeZone === '' ? region.timeZone : timeZoneOf(timeZone),
    locale: locale === '' ? region.locale : localeOf(locale.replace(/\.UTF-8$/, '').replaceAll('_', '-')),
  }
}
