import { overlap, setOf, type CharacterSet } from './character-set.ts'

/** Maximum number of atoms of a pattern that is analyzed, with the copies of counted repetitions, and of those after one atom. */
const maxAtoms = 500
const maxNext = 64

/** Maximum number of comparisons of two ranges of characters. */
const maxComparisons = 500_000

/** A part of a pattern: the atoms that can be its first and its last, and whether it can match nothing. */
type Part = { readonly isNullable: boolean; readonly first: readonly number[]; readonly last: readonly number[] }

const nothing: Part = { isNullable: true, first: [], last: [] }

/** A part of a pattern that is not analyzed here, such as a lookahead. */
class UnreadPart extends Error {}

/**
 * Returns the maximum number of steps of a match per character of the string, for a pattern that never leaves a choice: after each
 * character the next one fits one atom at most, and each part that can match nothing can do so in one way. A failed match then has no
 * other path to try. Returns null for other patterns.
 */
export function stepsPerCharacter(pattern: string): number | null {
  const text = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  try {
    return new ChoiceReader(text, text !== pattern).steps()
  } catch (error) {
    if (error instanceof UnreadPart) return null
    throw error
  }
}

const atomPattern = /\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^]/uy
const repetition = /(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y
const groupOpener = /\((?:\?(?::|<(?![=!])[^>]*>)|(?!\?))/y

class ChoiceReader {
  readonly #text: string
  readonly #isAnchored: boolean
  /** The sets of the atoms, and the atoms that can come after each. An atom that can come in two ways is there twice. */
  readonly #sets: CharacterSet[] = []
  readonly #next: number[][] = []
  #comparisons = 0
  #at = 0

  constructor(text: string, isAnchored: boolean) {
    this.#text = text
    this.#isAnchored = isAnchored
  }

  steps(): number | null {
    const root = this.#alternatives()
    if (this.#at < this.#text.length) throw new UnreadPart()
    const choices = [root.first, ...this.#next]
    if (choices.some((atoms) => this.#hasChoice(atoms))) return null
    return 1 + this.#sets.length
  }

  #hasChoice(atoms: readonly number[]): boolean {
    return (
      atoms.length > maxNext ||
      atoms.some((atom, index) =>
        atoms.slice(index + 1).some((other) => this.#overlap(this.#sets[atom] ?? [], this.#sets[other] ?? [])),
      )
    )
  }

  #overlap(one: CharacterSet, other: CharacterSet): boolean {
    this.#comparisons += one.length * other.length
    if (this.#comparisons > maxComparisons) throw new UnreadPart()
    return overlap(one, other)
  }

  #alternatives(depth = 0): Part {
    let part = this.#sequence(depth)
    while (this.#text.charAt(this.#at) === '|') {
      // An anchor belongs to its alternative alone.
      if (depth === 0 && this.#isAnchored) throw new UnreadPart()
      this.#at++
      const other = this.#sequence(depth)
      if (part.isNullable && other.isNullable) throw new UnreadPart()
      part = {
        isNullable: part.isNullable || other.isNullable,
        first: [...part.first, ...other.first],
        last: [...part.last, ...other.last],
      }
    }
    return part
  }

  #sequence(depth: number): Part {
    let part = nothing
    while (this.#at < this.#text.length && !'|)'.includes(this.#text.charAt(this.#at))) {
      part = this.#joined(part, this.#repeated(depth))
    }
    return part
  }

  #joined(left: Part, right: Part): Part {
    this.#follow(left, right)
    return {
      isNullable: left.isNullable && right.isNullable,
      first: left.isNullable ? [...left.first, ...right.first] : left.first,
      last: right.isNullable ? [...left.last, ...right.last] : right.last,
    }
  }

  #follow(left: Part, right: Part): void {
    for (const atom of left.last) {
      const next = this.#next[atom] ?? []
      next.push(...right.first)
      if (next.length > maxNext) throw new UnreadPart()
    }
  }

  /** Reads an atom with its repetition. The copies of a counted repetition are read again from the text. */
  #repeated(depth: number): Part {
    const start = this.#at
    const once = this.#atom(depth)
    const afterAtom = this.#at
    const found = this.#take(repetition)
    if (found === null) return once
    const end = this.#at
    const [, sign, from = '', comma, to] = found
    const min = sign === undefined ? Number(from) : sign === '+' ? 1 : 0
    const max =
      sign === undefined ? (comma === '' ? min : to === '' ? Infinity : Number(to)) : sign === '?' ? 1 : Infinity
    if (once.isNullable || max === 0) throw new UnreadPart()
    const copies = [once]
    for (let count = 1; count < (max === Infinity ? min : max); count++) {
      this.#at = start
      copies.push(this.#atom(depth))
      if (this.#at !== afterAtom) throw new UnreadPart()
    }
    this.#at = end
    return this.#counted(copies, min, max)
  }

  /** Joins the copies of a repetition. Each optional copy comes only after the one before it. */
  #counted(copies: readonly Part[], min: number, max: number): Part {
    return copies.reduceRight<Part>((rest, copy, index) => {
      if (max === Infinity && index === copies.length - 1) {
        this.#follow(copy, copy)
      }
      const joined = this.#joined(copy, rest)
      return index >= min ? { ...joined, isNullable: true } : joined
    }, nothing)
  }

  #atom(depth: number): Part {
    if (this.#take(groupOpener) !== null) {
      const inner = this.#alternatives(depth + 1)
      if (this.#text.charAt(this.#at++) !== ')') throw new UnreadPart()
      return inner
    }
    const [atom = ''] = this.#take(atomPattern) ?? []
    const set = /^[($^]$/.test(atom) ? null : setOf(atom)
    if (set === null || this.#sets.length >= maxAtoms) throw new UnreadPart()
    const index = this.#sets.push(set) - 1
    this.#next.push([])
    return { isNullable: false, first: [index], last: [index] }
  }

  #take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#text)
    this.#at += found?.[0].length ?? 0
    return found
  }
}
