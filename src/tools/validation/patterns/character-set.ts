/** A set of characters: ranges of code points, from the first to the last of each. */
export type CharacterSet = readonly (readonly [first: number, last: number])[]

const lastCodePoint = 0x10ffff

/** Every character. */
const anyCharacter: CharacterSet = [[0, lastCodePoint]]

const digits: CharacterSet = [[0x30, 0x39]]
const words: CharacterSet = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
const spaces: CharacterSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]

/** The sets of escapes such as `\d`. */
const escapedSets: Readonly<Record<string, CharacterSet>> = {
  d: digits,
  w: words,
  s: spaces,
  D: complementOf(digits),
  W: complementOf(words),
  S: complementOf(spaces),
}

const escapedCharacters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' }

/** Returns whether two sets have a character in common. */
export function overlap(one: CharacterSet, other: CharacterSet): boolean {
  return one.some(([first, last]) => other.some(([from, to]) => first <= to && from <= last))
}

/** Returns the set of an atom of a pattern: a character, an escape or a class; null for one that is not read here. */
export function setOf(atom: string): CharacterSet | null {
  if (atom === '.') return anyCharacter
  return atom.startsWith('[') ? classSet(atom.slice(1, -1)) : memberSet(atom)
}

const member = /\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^]|[^]/gu

function classSet(content: string): CharacterSet | null {
  const isNegated = content.startsWith('^')
  const members = content.slice(isNegated ? 1 : 0).match(member) ?? []
  const ranges: (readonly [number, number])[] = []
  for (let at = 0; at < members.length; at++) {
    const from = memberSet(members[at] ?? '')
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    const to = isRange ? memberSet(members[at + 2] ?? '') : from
    if (from === null || to === null) return null
    if (isRange) at += 2
    const [[first] = [0], [, last] = [0, 0]] = [from[0], to[0]]
    ranges.push(...(isRange ? [[first, last] as const] : from))
  }
  return isNegated ? complementOf(ranges) : ranges
}

/** Returns the set of a character or of an escape, null for an escape with another meaning. */
function memberSet(text: string): CharacterSet | null {
  if (!text.startsWith('\\')) return characterSet(text)
  const [, hex = null] = /^\\[ux]\{?([\da-fA-F]{1,6})\}?$/.exec(text) ?? []
  if (hex !== null) return characterSet(String.fromCodePoint(Number.parseInt(hex, 16)))
  const letter = text.slice(1)
  const set = escapedSets[letter]
  if (set !== undefined) return set
  return /^[a-zA-Z\d]$/.test(letter) ? characterSet(escapedCharacters[letter] ?? '') : characterSet(letter)
}

/** Two halves of a pair are one character, which a set of one half does not have: a half is not read here. */
function characterSet(character: string): CharacterSet | null {
  const code = character.codePointAt(0)
  return code === undefined || !character.isWellFormed() ? null : [[code, code]]
}

function complementOf(set: CharacterSet): CharacterSet {
  let next = 0
  const ranges: (readonly [number, number])[] = []
  for (const [first, last] of set.toSorted(([one], [other]) => one - other)) {
    if (first > next) ranges.push([next, first - 1])
    next = Math.max(next, last + 1)
  }
  return next > lastCodePoint ? ranges : [...ranges, [next, lastCodePoint]]
}
