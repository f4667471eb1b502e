import { constants, deflateSync, inflateSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { MemoryCodec } from './memory-codec.ts'

/** zstd with the baseline as its dictionary. It also finds what has moved, such as objects that were copied. */
const zstdCodec: MemoryCodec = {
  id: 1,
  encode: (memory, baseline) =>
    zstdCompressSync(memory, { dictionary: bufferOf(baseline), params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  decode: (delta, baseline, length) =>
    zstdDecompressSync(delta, { dictionary: bufferOf(baseline), maxOutputLength: length }),
}

/** The exclusive or of both memories, compressed. For runtimes whose zstd takes no dictionary. */
const xorCodec: MemoryCodec = {
  id: 2,
  encode: (memory, baseline) => deflateSync(exclusiveOr(memory.slice(), baseline)),
  decode: (delta, baseline, length) => exclusiveOr(inflateSync(delta, { maxOutputLength: length }), baseline),
}

/** Returns the codecs of this runtime. The first one writes, each one reads. */
export function nodeCodecs(): readonly MemoryCodec[] {
  return canUseDictionaries() ? [zstdCodec, xorCodec] : [xorCodec]
}

/** Returns whether zstd uses a dictionary. Runtimes that do not know the option ignore it. */
function canUseDictionaries(): boolean {
  // Missing from older versions, although their types have it.
  if (typeof zstdCompressSync !== 'function') return false
  const sample = Uint8Array.from({ length: 512 }, (_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 24)
  try {
    return zstdCodec.encode(sample, sample).length < sample.length / 2
  } catch {
    return false
  }
}

/** Changes the bytes that both have. The memory can be longer. */
function exclusiveOr<Bytes extends Uint8Array>(memory: Bytes, baseline: Uint8Array): Bytes {
  const shared = Math.min(memory.length, baseline.length)
  for (let at = 0; at < shared; at++) memory[at] = (memory[at] ?? 0) ^ (baseline[at] ?? 0)
  return memory
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}
