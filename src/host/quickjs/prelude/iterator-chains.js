import { RangeErrorOf, WeakMapOf, apply, weakMapGet, weakMapSet } from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'

/** The longest chain of iterator helpers. QuickJS does not check its stack in them, so a longer one would end the instance. */
const maxChain = 100
/** The lengths of the chains that end in a helper. @type {WeakMap<object, number>} */
const chainLengths = new WeakMapOf()

const iteratorPrototype = /** @type {any} */ (Iterator.prototype)
for (const name of ['map', 'filter', 'take', 'drop', 'flatMap']) {
  const helper = iteratorPrototype[name]
  const limited = {
    /** @this {any} @param {any} argument */
    [name](argument) {
      const before = typeof this === 'object' && this !== null ? weakMapGet(chainLengths, this) : undefined
      const length = (before ?? 0) + 1
      if (length > maxChain) throw new RangeErrorOf('Maximum call stack size exceeded')
      const result = apply(helper, this, [argument])
      weakMapSet(chainLengths, result, length)
      return result
    },
  }[name]
  defineBuiltin(iteratorPrototype, name, asNative(/** @type {Function} */ (limited)))
}
