import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { isRecord } from '../../protocol/json.ts'
import type { Baseline } from '../quickjs/baseline.ts'

/** A baseline without its module, which cannot be stored. */
export type StoredBaseline = Omit<Baseline, 'wasm'>

/**
 * Returns a baseline as a file: a line of JSON with everything but the memory, and the memory, compressed. A host that reads it need not run
 * the prelude, which takes 40 ms.
 */
export function encodeBaseline({ memory, ...rest }: StoredBaseline): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(rest)}\n`), deflateRawSync(memory, { level: 9 })])
}

/**
 * Returns the baseline in a file of `encodeBaseline`, or null when it is for another size of stack.
 *
 * @throws {Error} when the file is corrupt
 */
export function decodeBaseline(file: Uint8Array, stackBytes: number): StoredBaseline | null {
  const end = file.indexOf(newline)
  const head: unknown = JSON.parse(new TextDecoder().decode(file.subarray(0, end)))
  const at = recordOf(head, 'line')
  if (at['stackBytes'] !== stackBytes) return null
  const registers = recordOf(at['registers'], 'registers')
  const functions = recordOf(at['functions'], 'functions')
  return {
    stackBytes,
    digest: typeof at['digest'] === 'string' ? at['digest'] : null,
    registers: {
      stackPointer: numberOf(registers, 'stackPointer'),
      runtime: numberOf(registers, 'runtime'),
      context: numberOf(registers, 'context'),
    },
    functions: {
      receive: numberOf(functions, 'receive'),
      complete: numberOf(functions, 'complete'),
      fail: numberOf(functions, 'fail'),
      describe: numberOf(functions, 'describe'),
      setSource: numberOf(functions, 'setSource'),
    },
    memory: inflateRawSync(file.subarray(end + 1)),
  }
}

const newline = 10

function recordOf(value: unknown, name: string): Record<string, unknown> {
  if (!isRecord(value)) throw new Error(`Cannot start QuickJS: its baseline has no ${name}`)
  return value
}

function numberOf(record: Record<string, unknown>, name: string): number {
  const value = record[name]
  if (typeof value !== 'number') throw new Error(`Cannot start QuickJS: its baseline has no number "${name}"`)
  return value
}
