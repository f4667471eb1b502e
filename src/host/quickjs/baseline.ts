import { QuickJsInstance, type GuestValue, type InstanceHost, type Registers } from './instance.ts'

/**
 * The memory of an instance that has run the prelude, with the positions of what the host uses in it. It is the same on all machines
 * and can be sent to other threads.
 */
export type Baseline = {
  readonly wasm: WebAssembly.Module
  /** Size of the stack that QuickJS may use, in bytes. */
  readonly stackBytes: number
  readonly memory: Uint8Array
  /** The digest of the memory in a print, if it is known. */
  readonly digest: string | null
  readonly registers: Registers
  readonly functions: GuestFunctions
}

/** The functions of the prelude that the host calls. */
type GuestFunctions = {
  readonly receive: GuestValue
  readonly complete: GuestValue
  readonly fail: GuestValue
  readonly describe: GuestValue
  readonly setSource: GuestValue
}

/** The names of the host functions in the memory of the guest. */
export const hostFunctions = { emit: 'e', wait: 'w' } as const

export type BaselineOptions = {
  readonly wasm: WebAssembly.Module
  /** The script that `assemblePrelude` returns for `quickJsPrelude`. */
  readonly prelude: string
  /** Size of the stack that QuickJS may use, in bytes: 512 KB on a thread with 32 MB, 48 KB on one with 1 MB. */
  readonly stackBytes: number
}

/** Runs the prelude in a new instance. It takes some milliseconds, so a process does it once. */
export function createBaseline({ wasm, prelude, stackBytes }: BaselineOptions): Baseline {
  const instance = QuickJsInstance.create(wasm, stackBytes, silentHost)
  const install = checked(instance, instance.evaluate(prelude, 'codecell:prelude'))
  const host = [instance.newHostFunction(hostFunctions.emit), instance.newHostFunction(hostFunctions.wait)]
  const receive = checked(instance, instance.call(install, host))
  const driver = checked(instance, instance.evaluate('$cell', 'codecell:prelude'))
  const functions = {
    receive,
    complete: checked(instance, instance.propertyOf(driver, 'complete')),
    fail: checked(instance, instance.propertyOf(driver, 'fail')),
    describe: checked(instance, instance.propertyOf(driver, 'describe')),
    setSource: checked(instance, instance.propertyOf(driver, 'setSource')),
  }
  instance.free(driver)
  instance.free(install)
  instance.free(checked(instance, instance.evaluate('delete globalThis.$cell', 'codecell:prelude')))
  return { wasm, stackBytes, memory: instance.bytes.slice(), digest: null, registers: instance.registers, functions }
}

/** The prelude calls nothing of the host while it starts. */
const silentHost: InstanceHost = {
  onHostCall: () => {
    throw new Error('Cannot start QuickJS: the prelude calls the host')
  },
  onInterruptCheck: () => undefined,
  onRejection: () => undefined,
  onImport: () => '',
}

function checked(instance: QuickJsInstance, value: GuestValue): GuestValue {
  if (!instance.isException(value)) return value
  const thrown = instance.takeException()
  throw new Error(`Cannot start QuickJS: ${instance.stringOf(thrown)}`)
}
