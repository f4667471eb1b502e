/** A hash function of the SHA family with blocks of 64 bytes. */
type Algorithm = {
  readonly initial: readonly number[]
  /** Adds a block to the state. The first 16 words of the schedule are the block. */
  readonly compress: (state: Int32Array, schedule: Int32Array) => void
  readonly scheduleWords: number
}

const blockBytes = 64

/** Returns a hash in hexadecimal digits. */
export function hashWith({ initial, compress, scheduleWords }: Algorithm, data: Uint8Array): string {
  // Signed words stay integers for compilers. Assigning a larger number wraps it.
  const state = Int32Array.from(initial)
  const schedule = new Int32Array(scheduleWords)
  const wholeBytes = data.length - (data.length % blockBytes)
  addBlocks(data.subarray(0, wholeBytes))
  addBlocks(paddedEnd(data.subarray(wholeBytes), data.length))
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')

  function addBlocks(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; at += blockBytes) {
      for (let word = 0; word < 16; word++) schedule[word] = view.getInt32(at + 4 * word)
      compress(state, schedule)
    }
  }
}

/** Returns the last bytes with the padding: a bit that is set, zeros, and the length of all data in bits. */
function paddedEnd(rest: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(rest.length + 9 > blockBytes ? 2 * blockBytes : blockBytes)
  padded.set(rest)
  padded[rest.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29))
  view.setUint32(padded.length - 4, length << 3)
  return padded
}

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53].concat(
  [59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173],
  [179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293],
  [307, 311],
)

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const roundConstants = Int32Array.from(primes, (prime) => (Math.cbrt(prime) % 1) * 2 ** 32)

export const sha256: Algorithm = {
  initial: primes.slice(0, 8).map((prime) => Math.floor((Math.sqrt(prime) % 1) * 2 ** 32)),
  scheduleWords: 64,
  compress(state, w) {
    for (let t = 16; t < 64; t++) {
      const early = w[t - 15] ?? 0
      const late = w[t - 2] ?? 0
      const s0 = rotated(early, 25) ^ rotated(early, 14) ^ (early >>> 3)
      const s1 = rotated(late, 15) ^ rotated(late, 13) ^ (late >>> 10)
      w[t] = ((w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1) | 0
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
    for (let t = 0; t < 64; t++) {
      const sum1 = rotated(e, 26) ^ rotated(e, 21) ^ rotated(e, 7)
      const first = (h + sum1 + ((e & f) ^ (~e & g)) + (roundConstants[t] ?? 0) + (w[t] ?? 0)) | 0
      const sum0 = rotated(a, 30) ^ rotated(a, 19) ^ rotated(a, 10)
      const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      // One after the other: an array would be created in each of millions of rounds.
      h = g
      g = f
      f = e
      e = (d + first) | 0
      d = c
      c = b
      b = a
      a = (first + second) | 0
    }
    addTo(state, [a, b, c, d, e, f, g, h])
  },
}

export const sha1: Algorithm = {
  initial: [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0],
  scheduleWords: 80,
  compress(state, w) {
    for (let t = 16; t < 80; t++) {
      w[t] = rotated((w[t - 3] ?? 0) ^ (w[t - 8] ?? 0) ^ (w[t - 14] ?? 0) ^ (w[t - 16] ?? 0), 1)
    }
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
    for (let t = 0; t < 80; t++) {
      const next = (rotated(a, 5) + mixed(t, b, c, d) + e + (w[t] ?? 0)) | 0
      e = d
      d = c
      c = rotated(b, 30)
      b = a
      a = next
    }
    addTo(state, [a, b, c, d, e])
  },
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1
  return round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6
}

function addTo(state: Int32Array, words: readonly number[]): void {
  for (const [index, word] of words.entries()) state[index] = ((state[index] ?? 0) + word) | 0
}

/** Rotates a word to the left. */
function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
