/** A longer pattern is not looked at. */
const maxPatternLength = 1000

/** Most ways through a pattern, over all positions of a string, that one match may try. */
const maxTries = 1_000_000

/** Most atoms that the engine makes of a pattern when it unrolls counted repetitions. */
const maxAtoms = 10_000

/** Strings of these lengths, in UTF-16 units, are thought of; longer ones are never matched. */
const lengths = Array.from({ length: 21 }, (_, exponent) => 2 ** exponent)

/**
 * The longest string, in UTF-16 units, that a schema's `pattern` can be matched against without the danger of a match
 * that takes seconds; -1 for a pattern that cannot be compiled, or that is dangerous with any string. The bound is on the
 * safe side: it counts the ways through the pattern as if all of them had to be tried.
 */
export function longestMatch(pattern: string): number {
  if (pattern.length > maxPatternLength || !compiles(pattern)) return -1
  let longest = -1
  for (const length of lengths) {
    const { tries, atoms } = new PatternReader(pattern, length).read()
    const starts = /^\^[^|]*$/.test(pattern) ? 1 : length
    if (atoms > maxAtoms || tries * starts > maxTries) break
    longest = length
  }
  return longest
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

type Cost = { readonly tries: number; readonly atoms: number }
type Repeat = { readonly min: number; readonly max: number }

/** Reads a valid pattern and multiplies what each part of it may try on a string of the given length. */
class PatternReader {
  readonly #pattern: string
  readonly #length: number
  #at = 0

  constructor(pattern: string, length: number) {
    this.#pattern = pattern
    this.#length = length
  }

  read(): Cost {
    let tries = 0
    let atoms = 0
    do {
      const sequence = this.#readSequence()
      tries += sequence.tries
      atoms += sequence.atoms
    } while (this.#takes('|'))
    return { tries, atoms }
  }

  #readSequence(): Cost {
    let tries = 1
    let atoms = 0
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern.charAt(this.#at))) {
      const part = this.#repeated(this.#readAtom(), this.#readRepeat())
      tries *= part.tries
      atoms += part.atoms
    }
    return { tries, atoms }
  }

  #readAtom(): Cost {
    if (this.#takes('(')) {
      const opener = /^\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:)/.exec(this.#pattern.slice(this.#at))
      this.#at += opener?.[0].length ?? 0
      const inner = this.read()
      this.#at++
      return inner
    }
    const rest = this.#pattern.slice(this.#at)
    const atom = /^(?:\\[pPuk](?:\{[^}]*\}|<[^>]*>)|\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^])/.exec(rest)?.[0] ?? ' '
    this.#at += atom.length
    // What a back-reference matches is not known here.
    return { tries: /^\\[1-9k]/.test(atom) ? Infinity : 1, atoms: 1 }
  }

  #readRepeat(): Repeat {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.#pattern.slice(this.#at))
    if (found === null) return { min: 1, max: 1 }
    this.#at += found[0].length
    const [, sign, from, comma, to] = found
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    const min = Number(from)
    return { min, max: comma === '' ? min : to === '' ? Infinity : Number(to) }
  }

  #repeated({ tries, atoms }: Cost, { min, max }: Repeat): Cost {
    const copies = Math.max(1, max === Infinity ? min : max)
    // Counts beyond the length of the string cannot differ.
    const counts = Math.min(max - min, this.#length) + 1
    return { tries: (tries > 1 ? tries ** max : 1) * counts, atoms: atoms * copies }
  }

  #takes(character: string): boolean {
    if (this.#pattern.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }
}
