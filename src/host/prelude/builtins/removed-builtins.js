import { RangeErrorOf, construct, defineProperty, deleteProperty } from '../primordials.js'

/** Refuses resizable buffers: they commit memory that the limit of the isolate does not count. */
function installBufferGuard() {
  const NativeBuffer = ArrayBuffer
  const GuardedBuffer = new Proxy(NativeBuffer, {
    construct(target, args, newTarget) {
      const options = args[1]
      if (typeof options === 'object' && options !== null && options.maxByteLength !== undefined) {
        throw new RangeErrorOf('Resizable array buffers are not available in a cell')
      }
      return construct(target, [args[0]], newTarget)
    },
  })
  defineProperty(NativeBuffer.prototype, 'constructor', { value: GuardedBuffer, writable: true, configurable: true })
  defineProperty(globalThis, 'ArrayBuffer', { value: GuardedBuffer, writable: true, configurable: true })
}

installBufferGuard()
// Out of reach of a program: other output, shared memory, compiled code, and what shows when memory is collected.
for (const name of ['console', 'Atomics', 'SharedArrayBuffer', 'WebAssembly', 'WeakRef', 'FinalizationRegistry']) {
  deleteProperty(globalThis, name)
}
// There if the process of an in-process host has the flag `--expose-gc`; it cannot be deleted.
if ('gc' in globalThis) defineProperty(globalThis, 'gc', { value: undefined, writable: true })
