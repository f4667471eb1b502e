import type { AnyNode, Node, Program } from 'acorn'

/**
 * A call of `text` whose location is known from the source. `name` replaces `text` in it, with the same length, and belongs to a
 * function that knows the location: V8 takes longer to find a location than everything else that `text` does.
 */
export type TextSite = {
  readonly name: string
  readonly line: number
  readonly column: number
  /** The offset of the name in the source. */
  readonly start: number
}

const wanted = 'text'

/** The maximum number of sites, and of characters of a source. Other calls find their location by their stack. */
const maxSites = 300
const maxLength = 100_000

/** Returns whether a source may print often, and cannot reach `text` or its own code in another way than by its name. */
export function mayHaveTextSites(source: string): boolean {
  return (
    source.length <= maxLength &&
    /\btext\(/.test(source) &&
    /\b(?:for|while|do|function)\b|=>/.test(source) &&
    !/eval|Function|constructor|globalThis|stackTraceLimit|prepareStackTrace|sourceURL/.test(source)
  )
}

/**
 * Returns the calls of `text` that are statements or bodies of arrow functions: no error text quotes those. Empty if the source
 * uses the name in any other way than to call it, because the name may then stand for something else.
 */
export function textSites(program: Program, source: string): readonly TextSite[] {
  const walk = new SiteWalk()
  walk.visit(program)
  if (!walk.isPlain) return []
  const starts = lineStarts(source)
  const names = unusedNames(source)
  return walk.calls.slice(0, maxSites).flatMap((start) => {
    const name = names.next().value
    if (name === undefined) return []
    const line = lineAt(starts, start)
    return [{ name, line, column: start - (starts[line - 1] ?? 0) + 1, start }]
  })
}

/** Finds the calls of `text` in a program. */
class SiteWalk {
  readonly calls: number[] = []
  /** False if the name is used in another way, or an identifier has escapes. */
  isPlain = true
  readonly #allowed = new Set<Node>()

  visit(program: Program): void {
    const waiting: unknown[] = [program]
    while (waiting.length > 0 && this.isPlain) {
      const node = waiting.pop()
      if (isNode(node)) this.#look(node)
      if (typeof node !== 'object' || node === null) continue
      // One by one: a literal may have more elements than a call takes arguments.
      for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) waiting.push(child)
    }
    this.calls.sort((left, right) => left - right)
  }

  #look(node: AnyNode): void {
    switch (node.type) {
      case 'Identifier':
        if (node.end - node.start !== node.name.length) this.isPlain = false
        else if (node.name === wanted && !this.#allowed.has(node)) this.isPlain = false
        return
      case 'MemberExpression':
        if (!node.computed) this.#allowed.add(node.property)
        return
      case 'Property':
        if (!node.computed && !node.shorthand) this.#allowed.add(node.key)
        return
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (!node.computed) this.#allowed.add(node.key)
        return
      case 'CallExpression':
        if (node.callee.type === 'Identifier') this.#allowed.add(node.callee)
        return
      case 'ExpressionStatement':
        return this.#addCall(node.expression)
      case 'ArrowFunctionExpression':
        return this.#addCall(node.body)
      default:
    }
  }

  #addCall(call: AnyNode): void {
    if (call.type !== 'CallExpression' || call.optional || call.callee.type !== 'Identifier') return
    const isSite = call.callee.name === wanted && call.callee.start === call.start
    if (isSite && call.arguments.every(({ type }) => type !== 'SpreadElement')) this.calls.push(call.start)
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Returns the names of the length of `text` that a source does not contain. They depend only on the source. */
function* unusedNames(source: string): Generator<string, undefined> {
  for (let number = 0; number < 36 ** 3; number++) {
    const name = `$${number.toString(36).padStart(3, '0')}`
    if (!source.includes(name)) yield name
  }
}

/** Returns the offsets of the lines, as V8 counts them. */
function lineStarts(source: string): readonly number[] {
  return [0, ...Array.from(source.matchAll(/\r\n|[\n\r\u2028\u2029]/g), ({ index, 0: end }) => index + end.length)]
}

/** Returns the number of the line with an offset, from 1. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
