import type { SnapshotCounters } from '../../engine/engine.ts'
import { QuickJsVm, type VmOptions } from '../vm.ts'
import { decodeSnapshot, encodeSnapshot, SnapshotError, type SnapshotEngine } from './guest-snapshot.ts'

/** A machine that continues from a snapshot, and the counters of its cell. */
export type RestoredVm = { readonly vm: QuickJsVm; readonly counters: SnapshotCounters }

/** Returns the state of a machine that waits. The machine is as before, and the program does not notice it. */
export function takeSnapshot(vm: QuickJsVm, { commands, cpuMs }: SnapshotCounters, engine: SnapshotEngine): Uint8Array {
  const { memory, registers, program } = vm.state
  // Values of the guest are never at position 0.
  return encodeSnapshot({ memory, counters: { ...registers, program: program ?? 0, commands, cpuMs } }, engine)
}

/**
 * Creates a machine that continues from a snapshot, which can have been changed.
 *
 * @throws {SnapshotError} when it cannot be used.
 */
export function restoreSnapshot(bytes: Uint8Array, options: VmOptions, engine: SnapshotEngine): RestoredVm {
  const { memory, counters } = decodeSnapshot(bytes, engine, options.memoryMb * 2 ** 20)
  const counterOf = (name: string): number => {
    const value = counters[name]
    if (value === undefined) throw new SnapshotError(`it has no counter "${name}"`)
    return value
  }
  const pointerOf = (name: string): number => {
    const pointer = counterOf(name)
    if (Number.isInteger(pointer) && pointer < memory.length) return pointer
    throw new SnapshotError(`its counter "${name}" is not a position in the memory`)
  }
  const registers = {
    stackPointer: pointerOf('stackPointer'),
    runtime: pointerOf('runtime'),
    context: pointerOf('context'),
  }
  const program = pointerOf('program')
  const cell = { commands: counterOf('commands'), cpuMs: counterOf('cpuMs') }
  const vm = new QuickJsVm(options, { memory, registers, program: program === 0 ? null : program })
  return { vm, counters: cell }
}
