/** Result codes of WASI. */
const success = 0
const badFile = 8
const notSupported = 52

/**
 * Returns the system functions that `quickjs.wasm` imports. They return constants: nothing of the machine reaches a program, and all
 * instances have the same memory.
 */
export function constantWasi(memory: () => DataView): Readonly<Record<string, (...args: never[]) => number>> {
  return {
    clock_time_get(_clock: number, _precision: bigint, result: number): number {
      memory().setBigUint64(result, 0n, true)
      return success
    },
    random_get(start: number, length: number): number {
      const view = memory()
      for (let index = 0; index < length; index++) view.setUint8(start + index, index & 0xff)
      return success
    },
    fd_write: () => badFile,
    fd_close: () => notSupported,
    fd_fdstat_get: () => badFile,
    fd_seek: () => notSupported,
  }
}
