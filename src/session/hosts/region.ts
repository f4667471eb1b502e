import { CodecellError } from '../../errors.ts'

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
