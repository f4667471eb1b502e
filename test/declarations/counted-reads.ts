/** Returns a schema that counts reads of its properties and those of nested schemas. Past `most` reads it throws. */
export class CountedReads {
  count = 0
  readonly #most: number
  readonly #proxies = new WeakMap<object, object>()

  constructor(most: number) {
    this.#most = most
  }

  /** Returns the same value, counted. One object stays one object. */
  of(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = this.#proxies.get(value)
    if (known !== undefined) return known
    const proxy = new Proxy(value, {
      get: (target, key) => this.#read(Reflect.get(target, key)),
      getOwnPropertyDescriptor: (target, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(target, key)
        return descriptor?.configurable === true && 'value' in descriptor
          ? { ...descriptor, value: this.#read(descriptor.value) }
          : descriptor
      },
    })
    this.#proxies.set(value, proxy)
    return proxy
  }

  #read(value: unknown): unknown {
    this.count++
    if (this.count > this.#most) throw new RangeError('the schema is read too often')
    return this.of(value)
  }
}
