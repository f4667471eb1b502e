import zlib from 'node:zlib'
import type { MemoryCodec } from './memory-codec.ts'

/** zstd with the baseline as its dictionary. It also finds what has moved, such as objects that were copied. */
const zstdCodec: MemoryCodec = {
  id: 1,
  encode: (memory, baseline) =>
    zlib.zstdCompressSync(memory, {
      dictionary: bufferOf(baseline),
      params: {
        [zlib.constants.ZSTD_c_checksumFlag]: 1,
        // With smaller tables and a smaller window, matches in a baseline of more than 2 MiB get lost.
        [zlib.constants.ZSTD_c_compressionLevel]: 4,
        [zlib.constants.ZSTD_c_windowLog]: 22,
      },
    }),
  decode: (delta, baseline, length) =>
    zlib.zstdDecompressSync(delta, { dictionary: bufferOf(baseline), maxOutputLength: length }),
}

/** The exclusive or of both memories, compressed. For runtimes whose zstd takes no dictionary. */
const xorCodec: MemoryCodec = {
  id: 2,
  encode: (memory, baseline) => zlib.deflateSync(exclusiveOr(memory.slice(), baseline)),
  decode: (delta, baseline, length) => exclusiveOr(zlib.inflateSync(delta, { maxOutputLength: length }), baseline),
}

/** Returns the codecs of this runtime. The first one writes, each one reads. */
export function nodeCodecs(): readonly MemoryCodec[] {
  return canUseDictionaries() ? [zstdCodec, xorCodec] : [xorCodec]
}

/** Returns whether the runtime has zstd and uses a dictionary. Runtimes that do not know the option ignore it. */
function canUseDictionaries(): boolean {
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
