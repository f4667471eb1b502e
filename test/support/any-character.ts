import fc from 'fast-check'

const firstSurrogate = 0xd800
const surrogates = 0x800

/**
 * Any character of Unicode except half a surrogate pair, as the `unit` of `fc.string`. The unit `binary` of fast-check makes the
 * same characters and takes a second of CPU time for the first one.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.nat(0x10ffff - surrogates).map(
  (at) => String.fromCodePoint(at < firstSurrogate ? at : at + surrogates),
  (character) => {
    const code = typeof character === 'string' ? (character.codePointAt(0) ?? -1) : -1
    if (code === -1 || character !== String.fromCodePoint(code)) throw new TypeError('expected one character')
    return code < firstSurrogate ? code : code - surrogates
  },
)
