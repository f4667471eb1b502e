import { jsonText } from './json-text.ts'
import { commentLines } from './property-comment.ts'
import type { Definition, Field, IndexSignature, ObjectNode, TupleNode, TypeNode } from './type-node.ts'
import { isText } from './type-node.ts'

/** Options of the output. */
export type PrintOptions = {
  /** Maximum length of descriptions, in characters; with 0 there are neither descriptions nor notes. */
  readonly descriptionLength: number
  readonly maxDepth: number
  /** Maximum length of a type; a longer one is discarded. */
  readonly maxLength: number
  /** Prints `string[]` for `Array<string>`, and indents each level by one space. */
  readonly isCompact: boolean
  /** Returns the name that stands for a definition, or null to print its type. */
  readonly nameOf: (definition: Definition, isDirect: boolean) => string | null
}

/** Maximum number of printed parts of one type; the rest is `unknown`. */
const maxPrinted = 20_000

/** Returns the text of a type, or null when it is too long. */
export function printType(node: TypeNode, options: PrintOptions): string | null {
  const printer = new TypePrinter(options)
  const text = printer.print(node, { depth: 0, indent: '', isDirect: true })
  return printer.isTooLong || text.length > options.maxLength ? null : text
}

/** `isDirect`: not yet inside an object, an array or a tuple, where a type may not name itself. */
type Position = { readonly depth: number; readonly indent: string; readonly isDirect: boolean }

class TypePrinter {
  readonly #options: PrintOptions
  #left = maxPrinted
  #written = 0

  constructor(options: PrintOptions) {
    this.#options = options
  }

  /** The text is at least as long as the counted parts: printing more would be wasted. */
  get isTooLong(): boolean {
    return this.#written > this.#options.maxLength
  }

  print(node: TypeNode, position: Position): string {
    if (--this.#left < 0 || this.isTooLong) return 'unknown'
    switch (node.type) {
      case 'text':
        this.#written += node.text.length
        return node.text
      case 'union':
        return this.#printMembers(node.members, ' | ', position)
      case 'intersection':
        return this.#printMembers(node.members, ' & ', position)
      case 'reference':
        return this.#printReference(node.definition, position)
      case 'array':
        return this.#printArray(node.element, position)
      case 'tuple':
        return this.#printTuple(node, inner(position))
      case 'object':
        return this.#printObject(node, position)
      default:
        return node satisfies never
    }
  }

  /** Members whose text is a union or an intersection are put in parentheses; empty ones are left out. */
  #printMembers(members: readonly TypeNode[], separator: ' | ' | ' & ', position: Position): string {
    const isUnion = separator === ' | '
    const texts = members.map((member) => {
      const text = this.print(member, position)
      return !isUnion && isUnionText(member, text) ? `(${text})` : text
    })
    const distinct = [...new Set(texts)].filter((text) => text !== '')
    if (!isUnion) return distinct.filter((text) => text !== 'unknown').join(separator) || 'unknown'
    return distinct.includes('unknown') && this.#options.isCompact ? 'unknown' : distinct.join(separator) || 'unknown'
  }

  #printReference(definition: Definition, position: Position): string {
    const name = this.#options.nameOf(definition, position.isDirect)
    if (name !== null) return name
    return position.depth > this.#options.maxDepth ? 'unknown' : this.print(definition.node(), position)
  }

  #printArray(element: TypeNode, position: Position): string {
    if (isText(element, 'unknown')) return 'unknown[]'
    const text = this.print(element, inner(position))
    return this.#options.isCompact && /^\w+$/.test(text) ? `${text}[]` : `Array<${text}>`
  }

  #printTuple({ elements, required, rest }: TupleNode, position: Position): string {
    const texts = elements.map((element, at) => {
      const text = this.print(element, position)
      return at < required ? text : `${isUnionText(element, text) ? `(${text})` : text}?`
    })
    if (rest !== null) texts.push(`...Array<${this.print(rest, position)}>`)
    return `[${texts.join(', ')}]`
  }

  #printObject({ fields, index }: ObjectNode, position: Position): string {
    const { maxDepth, isCompact } = this.#options
    if (position.depth >= maxDepth) return fields.length + index.length === 0 ? '{}' : 'unknown'
    const comments = fields.map((field) => this.#comment(field))
    const isOneLine = comments.every((comment) => comment === null)
    const margin = isCompact ? `${position.indent} ` : '  '
    const nested = { ...inner(position), indent: isOneLine ? position.indent : margin }
    const members = [
      ...fields.map((field) => this.#printField(field, nested)),
      ...index.map((one) => this.#printIndex(one, nested)),
    ]
    if (isOneLine) return members.length === 0 ? '{}' : `{ ${members.join(' ')} }`
    const lines = members.flatMap((member, at) => [...(comments[at] ?? []).map((line) => `// ${line}`), member])
    return ['{', ...lines.map((line) => `${margin}${line}`), `${isCompact ? position.indent : ''}}`].join('\n')
  }

  #printField({ name, isOptional, node }: Field, position: Position): string {
    this.#written += name.length
    return `${propertyName(name)}${isOptional ? '?' : ''}: ${this.print(node, position) || 'unknown'};`
  }

  #printIndex({ key, node }: IndexSignature, position: Position): string {
    return `[key: ${key}]: ${this.print(node, position) || 'unknown'};`
  }

  /** In the style of the reference a blank description counts as well: it splits an object over several lines. */
  #comment({ comment }: Field): string[] | null {
    const { descriptionLength, isCompact } = this.#options
    if (comment === null || descriptionLength === 0 || this.isTooLong) return null
    const lines = commentLines(comment, descriptionLength)
    this.#written += lines.reduce((length, line) => length + line.length, 0)
    return lines.length === 0 && isCompact ? null : lines
  }
}

function inner({ depth, indent }: Position): Position {
  return { depth: depth + 1, indent, isDirect: false }
}

/** Returns whether a text is a union that needs parentheses next to another operator. */
function isUnionText(node: TypeNode, text: string): boolean {
  if (node.type === 'union' || node.type === 'intersection') return text.includes(' | ') || text.includes(' & ')
  return node.type === 'reference' && !/^[\w$]*$/.test(text) && isUnionText(node.definition.node(), text)
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : (jsonText(name) ?? '""')
}
