/** Names with a meaning in TypeScript or in a cell. */
const reserved = new Set(
  `Array ArrayBuffer AsyncGenerator AsyncIterable AsyncIterator Awaited BigInt Boolean Capitalize CallToolResult Console
  ConstructorParameters ContentBlock DataView Date Error EvalError Exclude Extract Function Generator Infinity Intl
  InstanceType Int8Array Int16Array Int32Array Iterable IterableIterator Iterator JSON Map Math NaN NoInfer NonNullable
  Number Object Omit OmitThisParameter Parameters Partial Pick Promise PromiseLike PropertyDescriptor PropertyKey Proxy
  RangeError Readonly ReadonlyArray ReadonlyMap ReadonlySet Record ReferenceError Reflect RegExp Required ReturnType Set
  Settled String Symbol SyntaxError ThisType TypeError Uint8Array Uncapitalize URIError WeakMap WeakRef WeakSet`.split(
    /\s+/,
  ),
)

const maxNameLength = 40

/** Gives every named type of one tool a unique name: capitalized words, without underscores. */
export class TypeNames {
  readonly #prefix: string
  readonly #taken = new Set<string>()

  /**
   * With a prefix, no name is one of TypeScript, nor one with another prefix: the prefix ends at the last underscore.
   */
  constructor(prefix: string | null) {
    this.#prefix = prefix === null ? '' : `${prefix}_`
  }

  take(suggestion: string): string {
    const base = capitalised(suggestion)
    let name = base
    for (let count = 2; !this.#isFree(name); count++) name = `${base}${count}`
    this.#taken.add(name)
    return `${this.#prefix}${name}`
  }

  #isFree(name: string): boolean {
    return !this.#taken.has(name) && (this.#prefix !== '' || !reserved.has(name))
  }
}

function capitalised(suggestion: string): string {
  const words = suggestion.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('')
  const name = joined.slice(0, maxNameLength)
  return name === '' ? 'Type' : /^\d/.test(name) ? `T${name}` : name
}
