import { stepsPerCharacter } from './pattern-choices.ts'

/** Maximum length of a pattern that is analyzed. */
const maxPatternLength = 1000

/** Maximum number of steps of one match, over all paths through a pattern and all positions of a string. */
const maxSteps = 2_000_000

/** Maximum number of atoms after the engine unrolls counted repetitions. */
const maxAtoms = 10_000

/** The analyzed lengths of strings, in UTF-16 units; longer strings are never matched. */
const lengths = Array.from({ length: 21 }, (_, exponent) => 2 ** exponent)

/**
 * Returns the length of the longest string, in UTF-16 units, that a `pattern` can be matched against without a match
 * that takes more than some milliseconds; -1 for a pattern that does not compile, or is unsafe for any string. The bound
 * is conservative: it counts the steps of all paths through the pattern, unless the pattern never leaves a choice.
 */
export function longestMatch(pattern: string): number {
  if (pattern.length > maxPatternLength || !compiles(pattern)) return -1
  let longest = -1
  const steps = stepsPerCharacter(pattern)
  if (steps !== null) {
    const isAnchored = pattern.startsWith('^')
    longest = lengths.findLast((length) => steps * length * (isAnchored ? 1 : length) <= maxSteps) ?? longest
  }
  for (const length of lengths) {
    const cost = new PatternReader(pattern, length).read()
    const starts = /^\^[^|]*$/.test(pattern) ? 1 : length
    if (cost.atoms > maxAtoms || cost.steps * starts > maxSteps) break
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
const lookaround = /^\?<?[=!]/
const anyAtom = /(?:\\[pPuk](?:\{[^}]*\}|<[^>]*>)|\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^])/y
const repetition = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y

/** The cost of a part of a pattern on a string of a given length. */
type Cost = {
  /** The number of ways to match the part. */
  readonly tries: number
  /** The number of steps of all these ways, and of those that fail. */
  readonly steps: number
  readonly atoms: number
  /** Whether the part can match without a character. */
  readonly isNullable: boolean
}
type Repeat = { readonly min: number; readonly max: number }

/** Parses a valid pattern and counts the paths of its parts on a string of the given length, and their steps. */
class PatternReader {
  readonly #pattern: string
  readonly #length: number
  #at = 0

  constructor(pattern: string, length: number) {
    this.#pattern = pattern
    this.#length = length
  }

  read(): Cost {
    let whole: Cost = { tries: 0, steps: 0, atoms: 0, isNullable: false }
    do {
      const { tries, steps, atoms, isNullable } = this.#readSequence()
      whole = {
        tries: whole.tries + tries,
        steps: whole.steps + steps,
        atoms: whole.atoms + atoms,
        isNullable: whole.isNullable || isNullable,
      }
    } while (this.#takes('|'))
    return whole
  }

  /** Each way to match the parts before a part tries that part again. */
  #readSequence(): Cost {
    let whole: Cost = { tries: 1, steps: 1, atoms: 0, isNullable: true }
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern.charAt(this.#at))) {
      const part = this.#repeated(this.#readAtom(), this.#readRepeat())
      whole = {
        tries: whole.tries * part.tries,
        steps: whole.steps + whole.tries * part.steps,
        atoms: whole.atoms + part.atoms,
        isNullable: whole.isNullable && part.isNullable,
      }
    }
    return whole
  }

  #readAtom(): Cost {
    if (this.#takes('(')) {
      const opener = this.#take(groupOpener)?.[0] ?? ''
      const inner = this.read()
      this.#at++
      return lookaround.test(opener) ? { ...inner, isNullable: true } : inner
    }
    const atom = this.#take(anyAtom)?.[0] ?? ' '
    // The content of a back-reference is unknown here.
    const isReference = /^\\[1-9k]/.test(atom)
    return { tries: isReference ? Infinity : 1, steps: 1, atoms: 1, isNullable: isReference || isPosition(atom) }
  }

  #readRepeat(): Repeat {
    const found = this.#take(repetition)
    if (found === null) return { min: 1, max: 1 }
    const [, sign, from, comma, to] = found
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity }
    const min = Number(from)
    return { min, max: comma === '' ? min : to === '' ? Infinity : Number(to) }
  }

  #repeated({ tries, steps, atoms, isNullable }: Cost, { min, max }: Repeat): Cost {
    const copies = Math.max(1, max === Infinity ? min : max)
    // Counts beyond the length of the string make no difference.
    const counts = Math.min(max - min, this.#length) + 1
    const rounds = Math.min(max, isNullable ? min + this.#length : this.#length) + 1
    const paths = tries > 1 ? tries ** max : 1
    return {
      tries: paths * counts,
      steps: steps * (tries > 1 ? paths : rounds),
      atoms: atoms * copies,
      isNullable: isNullable || min === 0,
    }
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

/** Returns whether an atom matches a position instead of a character. */
function isPosition(atom: string): boolean {
  return atom === '^' || atom === '$' || atom === '\\b' || atom === '\\B'
}
