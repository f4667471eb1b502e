import { apply } from '../../prelude/primordials.js'
import { asNative, defineBuiltin } from '../../prelude/native.js'
import { quickJsKinds } from '../kinds.ts'
import { waitForHost } from './bridge.js'

const refusedNormalize = String.prototype.normalize

/** QuickJS throws no error when it refuses an allocation of this method, but something that programs cannot make. */
const refusingMethods = {
  // With a list, because the builtin has the length 0.
  /** @this {string} @param {[string?]} forms */
  normalize(...forms) {
    try {
      return apply(refusedNormalize, this, forms)
    } catch (thrown) {
      if (/** @type {string} */ (typeof thrown) === 'unknown') waitForHost(quickJsKinds.outOfMemory)
      throw thrown
    }
  },
}
defineBuiltin(String.prototype, 'normalize', asNative(refusingMethods.normalize))
