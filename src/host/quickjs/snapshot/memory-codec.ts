/** A way to write the memory of a virtual machine as its difference from the memory of the baseline. */
export interface MemoryCodec {
  /** The number of the codec in a snapshot, from 1 to 255. */
  readonly id: number
  /** Returns the same bytes for the same memory. */
  encode(memory: Uint8Array, baseline: Uint8Array): Uint8Array
  /** Returns a memory of `length` bytes. Throws when the delta is malformed or longer. */
  decode(delta: Uint8Array, baseline: Uint8Array, length: number): Uint8Array
}
