import { stepsPerCharacter } from './pattern-choices.ts'

/** Maximum length of a pattern that is analyzed. */
const maxPatternLength = 1000

/** Maximum number of paths through a pattern, over all positions of a string, in one match. */
const maxTries = 1_000_000

/** Maximum number of atoms after the engine unrolls counted repetitions. */
const maxAtoms = 10_000

/** The analyzed lengths of strings, in UTF-16 units; longer strings are never matched. */
const lengths = Array.from({ length: 21 }, (_, exponent) => 2 ** exponent)

/**
 * Returns the length of the longest string, in UTF-16 units, that a `pattern` can be matched against without a match
 * that takes seconds; -1 for a pattern that does not compile, or is unsafe for any string. The bound is conservative:
 * it counts all paths through the pattern, unless the pattern never leaves a choice.
 */
export function longestMatch(pattern: string): number {
  if (pattern.length > maxPatternLength || !compiles(pattern)) return -1
  let longest = -1
  const steps = stepsPerCharacter(pattern)
  if (steps !== null) {
    const isAnchored = pattern.startsWith('^')
    longest = lengths.findLast((length) => steps * length * (isAnchored ? 1 : length) <= maxTries) ?? longest
  }
  for (const length of lengths) {
    const { tries, atoms } = new PatternReader(pattern, length).read()
    const starts = /^\^[^|]*$/.test(pattern) ? 1 : length
    if (atoms > maxAtoms || tries * starts > maxTries) break
    longest = Math.max(longest, length)
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

const groupOpener = /\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:)/y
const anyAtom = /(?:\\[pPuk](?:\{[^}]*\}|<[^>]*>)|\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^])/y
const repetition = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y

type Cost = { readonly tries: number; readonly atoms: number }
type Repeat = { readonly min: number; readonly max: number }

/** Parses a valid pattern and multiplies the paths of its parts on a string of the given length. */
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
      this.#take(groupOpener)
      const inner = this.read()
      this.#at++
      return inner
    }
    const atom = this.#take(anyAtom)?.[0] ?? ' '
    // The content of a back-reference is unknown here.
    return { tries: /^\\[1-9k]/.test(atom) ? Infinity : 1, atoms: 1 }
  }

  #readRepeat(): Repeat {
    const found = this.#take(repetition)
    if (found === null) return { min: 1, max: 1 }
    const [, sign, from, comma, to] = found
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    const min = Number(from)
    return { min, max: comma === '' ? min : to === '' ? Infinity : Number(to) }
  }

  #repeated({ tries, atoms }: Cost, { min, max }: Repeat): Cost {
    const copies = Math.max(1, max === Infinity ? min : max)
    // Counts beyond the length of the string make no difference.
    const counts = Math.min(max - min, this.#length) + 1
    return { tries: (tries > 1 ? tries ** max : 1) * counts, atoms: atoms * copies }
  }

  /** Takes the text that a sticky expression matches here. */
  #take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#pattern)
    this.#at += found?.[0].length ?? 0
    return found
  }

  #takes(character: string): boolean {
    if (this.#pattern.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }
}
