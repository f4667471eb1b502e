const fail = (): never => {
  throw new TypeError('a trap')
}

const traps: ProxyHandler<object> = {
  get: fail,
  has: fail,
  getPrototypeOf: fail,
  ownKeys: fail,
  getOwnPropertyDescriptor: fail,
  apply: fail,
  construct: fail,
}

/** Functions that create values that cannot be inspected, awaited or serialized. */
export const hostileValues: { readonly [name: string]: () => unknown } = {
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  nothing: () => undefined,
  null: () => null,
  'a cycle': () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    return cycle
  },
  'a toJSON that throws': () => ({ toJSON: fail }),
  'a toJSON that returns a bigint': () => ({ toJSON: () => 1n }),
  'a getter that throws': () => Object.defineProperty({}, 'a', { get: fail, enumerable: true }),
  'a proxy of an object whose traps throw': () => new Proxy({}, traps),
  'a proxy of a function whose traps throw': () => new Proxy(() => 0, traps),
  'a proxy of an error whose traps throw': () => new Proxy(new Error('x'), traps),
  'a proxy that is an instance of everything': () => new Proxy({}, { ...traps, getPrototypeOf: () => Error.prototype }),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'an error with a message that throws': () => Object.defineProperty(new Error('x'), 'message', { get: fail }),
  'an error whose message is not a string': () =>
    Object.assign(new Error('x'), { message: { toString: fail, [Symbol.toPrimitive]: fail } }),
  'an error without a message whose name is not a string': () => Object.assign(new Error(''), { name: { a: 1n } }),
  'an error whose name is a symbol': () => Object.assign(new Error(''), { name: Symbol('n') }),
  'an object without a prototype': () => Object.create(null),
  'a toString that throws': () => ({ toString: fail, valueOf: fail }),
  'a rejected promise': () => Promise.reject(new Error('rejected')),
  'a promise rejected with a hostile proxy': () => Promise.reject(new Proxy(new Error('x'), traps)),
  // Waits because the test needs a late value.
  'a promise that rejects later': () => new Promise((_, reject) => setTimeout(reject, 5, new Error('late'))),
  'a rejected promise whose constructor throws': () =>
    Object.defineProperty(Promise.reject(new Error('c')), 'constructor', { get: fail, configurable: true }),
  'a rejected promise whose species throws': () =>
    Object.defineProperty(Promise.reject(new Error('s')), 'constructor', {
      value: Object.defineProperty({}, Symbol.species, { get: fail }),
      configurable: true,
    }),
  'a rejected promise whose then throws': () => Object.assign(Promise.reject(new Error('t')), { then: fail }),
  'a rejected promise whose then cannot be read': () =>
    Object.defineProperty(Promise.reject(new Error('g')), 'then', { get: fail }),
  'a thenable that throws': () => ({ then: fail }),
  'a thenable that cannot be read': () => Object.defineProperty({}, 'then', { get: fail }),
  'a thenable that calls back twice and throws': () => ({
    then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
      resolve(1)
      reject(new Error('2'))
      resolve(3)
      throw new Error('4')
    },
  }),
  'a thenable that resolves to a rejected promise': () => ({
    then: (resolve: (value: unknown) => void) => resolve(Promise.reject(new Error('inner'))),
  }),
  'a thenable that gives itself': () => {
    const self = { then: (resolve: (value: unknown) => void) => resolve(Promise.reject(new Error('self'))) }
    return self
  },
  // Waits because the test needs a late value.
  'a late promise of a bigint': () => new Promise((resolve) => setTimeout(resolve, 60, 1n)),
  'a late rejection with a hostile proxy': () =>
    // Waits because the test needs a late value.
    new Promise((_, reject) => setTimeout(reject, 60, new Proxy(new Error('x'), traps))),
  'a thenable that never calls back': () => ({ then: () => undefined }),
  'a decision whose parts throw': () => ({
    get type(): string {
      return fail()
    },
  }),
  'a map whose methods throw': () => Object.assign(new Map([['a', 1]]), { has: fail, get: fail }),
}
