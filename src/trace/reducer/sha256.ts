/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. Own code because the reducer runs without Node and without waiting. */
export function sha256(text: string): string {
  const message = padded(new TextEncoder().encode(text))
  const state = Uint32Array.from(initialState)
  const schedule = new Uint32Array(64)
  for (let offset = 0; offset < message.byteLength; offset += 64) {
    for (let index = 0; index < 16; index++) schedule[index] = message.getUint32(offset + index * 4)
    mixBlock(state, schedule)
  }
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

function padded(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64))
  new Uint8Array(view.buffer).set(bytes)
  view.setUint8(bytes.length, 0x80)
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.length) * 8n)
  return view
}

function mixBlock(state: Uint32Array, schedule: Uint32Array): void {
  for (let index = 16; index < 64; index++) {
    const before = at(schedule, index - 15)
    const last = at(schedule, index - 2)
    const low = rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3)
    const high = rotate(last, 17) ^ rotate(last, 19) ^ (last >>> 10)
    schedule[index] = at(schedule, index - 16) + low + at(schedule, index - 7) + high
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let index = 0; index < 64; index++) {
    const choice = (e & f) ^ (~e & g)
    const first =
      (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + at(roundWords, index) + at(schedule, index)) | 0
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0]
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = at(state, index) + word
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}

function rotate(word: number, count: number): number {
  return (word >>> count) | (word << (32 - count))
}

/** The first 32 bits of the fraction of a root, exact because 2^96 times the prime stays a whole number. */
function rootWord(prime: number, degree: 2n | 3n): number {
  const scaled = BigInt(prime) << (32n * degree)
  let low = 0n
  let high = 1n << 40n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** degree <= scaled) low = middle
    else high = middle
  }
  return Number(low & 0xffffffffn)
}

const primes = Array.from({ length: 310 }, (_, index) => index + 2).filter((candidate) =>
  Array.from({ length: candidate - 2 }, (_, index) => index + 2).every((divisor) => candidate % divisor !== 0),
)
const initialState = Uint32Array.from(primes.slice(0, 8), (prime) => rootWord(prime, 2n))
const roundWords = Uint32Array.from(primes.slice(0, 64), (prime) => rootWord(prime, 3n))
