import { InputShapes, tooDeep } from './input-shapes.ts'
import { escapeInvisible } from '../../text/escape-invisible.ts'
import { visibleText } from './visible-text.ts'

/** An input as text for the approver. When it is not complete, a part of its structure is missing: it must not be approved. */
export type ShownInput = { readonly text: string; readonly isComplete: boolean }

export type ShownInputOptions = {
  /**
   * Maximum length of an input on one line of JSON, in characters.
   *
   * @default 100
   */
  readonly width?: number
  /**
   * Maximum length before values are shortened, in characters.
   *
   * @default 1000
   */
  readonly aim?: number
  /**
   * Maximum length of the structure alone, in characters.
   *
   * @default unlimited
   */
  readonly max?: number
}

/** The shown part of values: characters of a string, and elements of an array whose structures are all among the shown ones. */
type Detail = { readonly characters: number; readonly elements: number }

const details: readonly Detail[] = [
  ...[Infinity, 400, 200, 100, 60, 30].map((characters) => ({ characters, elements: Infinity })),
  { characters: 200, elements: 10 },
  { characters: 60, elements: 6 },
  { characters: 30, elements: 4 },
]
const least: Detail = { characters: 12, elements: 2 }
const whole: Detail = { characters: Infinity, elements: Infinity }

/** In characters; a string is not shortened to save less. */
const leastCut = 30

/**
 * Formats an input without hiding its structure: the text contains the name of each member of each object. Long strings and arrays
 * lose their middle, with a count. No string in the input can look like structure or like a count.
 */
export function shownInput(input: unknown, options: ShownInputOptions = {}): ShownInput {
  const { width = 100, aim = 1000, max = Infinity } = options
  if (input === undefined) return { text: 'no arguments', isComplete: true }
  if (typeof input === 'string') return shownText(input, Math.min(aim, max))
  const shapes = new InputShapes()
  const flat = written(input, { detail: whole, isFlat: true, room: Math.min(width, max), shapes })
  if (flat !== null) return { text: flat, isComplete: true }
  for (const detail of details) {
    const text = written(input, { detail, isFlat: false, room: Math.min(aim, max), shapes })
    if (text !== null) return { text, isComplete: true }
  }
  const text = written(input, { detail: least, isFlat: false, room: max, shapes })
  return text === null ? { text: 'an input that is too long to show', isComplete: false } : { text, isComplete: true }
}

/** Formats an input completely. */
export function wholeInput(input: unknown, { width = 100 }: Pick<ShownInputOptions, 'width'> = {}): ShownInput {
  return shownInput(input, { width, aim: Infinity })
}

/** Formats a text with its lines, or the beginning and the end of a long one. */
function shownText(input: string, most: number): ShownInput {
  if (input.length <= most) return { text: visibleText(input), isComplete: true }
  const half = most >> 1
  const count = `… ${counted(input.length - 2 * half, 'more character')} …`
  return { text: visibleText(`${input.slice(0, half)}\n${count}\n${input.slice(-half)}`), isComplete: true }
}

type Writing = {
  readonly detail: Detail
  readonly isFlat: boolean
  /** The remaining characters. */
  readonly room: number
  readonly shapes: InputShapes
}

/** Returns null when the text does not fit. */
function written(input: unknown, writing: Writing): string | null {
  const writer = new InputWriter(writing)
  return writer.write(input, 0) ? writer.text : null
}

class InputWriter {
  readonly #writing: Writing
  readonly #parts: string[] = []
  #left: number

  constructor(writing: Writing) {
    this.#writing = writing
    this.#left = writing.room
  }

  get text(): string {
    return this.#parts.join('')
  }

  /** Returns false when the text does not fit. */
  write(value: unknown, depth: number): boolean {
    if (depth > tooDeep) return false
    if (typeof value === 'string') return this.#put(this.#stringText(value))
    if (Array.isArray(value)) return this.#array(value, depth)
    if (typeof value !== 'object' || value === null) return this.#put(visibleText(String(value)))
    const members = Object.entries<unknown>({ ...value }).map(([name, member]) => ({
      label: `${quoted(name)}:${this.#writing.isFlat ? '' : ' '}`,
      value: member,
    }))
    return this.#list('{', members, '}', depth)
  }

  #array(elements: readonly unknown[], depth: number): boolean {
    const { detail, shapes } = this.#writing
    const chosen = elements.length > detail.elements ? shapes.chosen(elements, detail.elements) : null
    if (chosen === null || chosen.size === elements.length) {
      return this.#list(
        '[',
        elements.map((value) => ({ label: '', value })),
        ']',
        depth,
      )
    }
    const items: Item[] = []
    let last = -1
    for (const index of chosen) {
      if (index > last + 1) items.push({ count: `… ${counted(index - last - 1, 'more element')} …` })
      items.push({ label: '', value: elements[index] })
      last = index
    }
    if (elements.length > last + 1) items.push({ count: `… ${counted(elements.length - last - 1, 'more element')} …` })
    return this.#list(`[ ${counted(elements.length, 'element')}:`, items, ']', depth)
  }

  #list(open: string, items: readonly Item[], close: string, depth: number): boolean {
    if (items.length === 0) return this.#put(open + close)
    const { isFlat } = this.#writing
    const line = isFlat ? '' : `\n${'  '.repeat(depth + 1)}`
    let isFirst = true
    for (const item of items) {
      if (!this.#put(`${isFirst ? open : ','}${line}`)) return false
      isFirst = false
      const isPut = 'count' in item ? this.#put(item.count) : this.#put(item.label) && this.write(item.value, depth + 1)
      if (!isPut) return false
    }
    return this.#put(isFlat ? close : `\n${'  '.repeat(depth)}${close}`)
  }

  #stringText(text: string): string {
    const { characters } = this.#writing.detail
    // A text that does not fit is not escaped first.
    if (Math.min(text.length, characters) > this.#left) return text.slice(0, this.#left + 1)
    if (text.length <= characters + leastCut) return quoted(text)
    const half = characters >> 1
    const count = `… ${counted(text.length - 2 * half, 'more character')} …`
    return `${quoted(text.slice(0, half))} ${count} ${quoted(text.slice(-half))}`
  }

  #put(text: string): boolean {
    this.#left -= text.length
    if (this.#left < 0) return false
    this.#parts.push(text)
    return true
  }
}

type Item = { readonly label: string; readonly value: unknown } | { readonly count: string }

/** Formats a string of JSON on one line, so that its content cannot look like the text around it. */
function quoted(text: string): string {
  return escapeInvisible(JSON.stringify(text))
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
