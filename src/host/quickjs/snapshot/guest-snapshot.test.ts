import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeSnapshot,
  encodeSnapshot,
  SnapshotError,
  type GuestSnapshot,
  type SnapshotEngine,
} from './guest-snapshot.ts'
import { nodeCodecs } from './node-codecs.ts'

const page = 65536
const pages = 8
const baseline = memoryOf(3)
const [writing] = nodeCodecs()
const engines: SnapshotEngine[] = nodeCodecs().map((codec) => ({ print: '0123456789ab', baseline, codecs: [codec] }))

/** Returns a memory that has repetitions, as that of a virtual machine has. */
function memoryOf(count: number): Uint8Array {
  const memory = new Uint8Array(count * page)
  for (let at = 0; at < memory.length; at += 64) memory.set(Buffer.from(`${(at * 31) % 1013} and ${at % 517}`), at)
  return memory
}

/** Memories that differ from the baseline in some places: bytes that are new, and bytes that have moved. */
const memories: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.integer({ min: 3, max: pages }),
    fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 300 })), { maxLength: 20 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 5000 })), { maxLength: 5 }),
  )
  .map(([count, writes, moves]) => {
    const memory = new Uint8Array(count * page)
    memory.set(baseline)
    for (const [at, bytes] of writes) memory.set(bytes, at % (memory.length - bytes.length))
    for (const [to, from, length] of moves) {
      const start = from % (memory.length - length)
      memory.copyWithin(to % (memory.length - length), start, start + length)
    }
    return memory
  })

const snapshots: fc.Arbitrary<GuestSnapshot> = fc.record({
  memory: memories,
  counters: fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,32}$/), fc.oneof(fc.maxSafeNat(), fc.constant(12.5)), {
    maxKeys: 8,
  }),
})

function reasonOf(bytes: Uint8Array, engine: SnapshotEngine | undefined = engines[0]): string {
  try {
    if (engine !== undefined) decodeSnapshot(bytes, engine, pages * page)
  } catch (error) {
    if (error instanceof SnapshotError) return error.message
    throw error
  }
  return 'read'
}

describe.each(engines.map((engine) => [engine.codecs[0]?.id, engine] as const))(
  'a snapshot with codec %s',
  (_, engine) => {
    const sample = encodeSnapshot(
      { memory: baseline.slice().fill(7, 100, 200), counters: { commands: 3, cpuMs: 1.5 } },
      engine,
    )

    test('has the memory and the counters again, and the same bytes for the same state', () => {
      fc.assert(
        fc.property(snapshots, (snapshot) => {
          const bytes = encodeSnapshot(snapshot, engine)
          const read = decodeSnapshot(bytes, engine, pages * page)
          expect(Buffer.compare(read.memory, snapshot.memory)).toBe(0)
          expect(read.counters).toEqual({ ...snapshot.counters })
          expect(Buffer.compare(encodeSnapshot(read, engine), bytes)).toBe(0)
        }),
        { numRuns: 40 },
      )
    })

    test('is small when little has changed', () => {
      expect(sample.length).toBeLessThan(1000)
    })

    test('is refused at any other length', () => {
      for (let length = 0; length < sample.length; length++) {
        expect(reasonOf(sample.subarray(0, length), engine)).toMatch(/^Cannot read a snapshot: /)
        expect(reasonOf(sample.subarray(sample.length - length), engine)).toMatch(/^Cannot read a snapshot: /)
      }
      expect(reasonOf(Buffer.concat([sample, Buffer.alloc(1)]), engine)).toMatch(/expected a delta of/)
    })

    test('has the recorded memory or is refused when a bit of its delta changes', () => {
      const { memory } = decodeSnapshot(sample, engine, pages * page)
      const start = 10 + new DataView(sample.buffer).getUint32(6)
      for (let bit = start * 8; bit < sample.length * 8; bit += 3) {
        const changed = sample.slice()
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        if (reasonOf(changed, engine) !== 'read') continue
        expect(Buffer.compare(decodeSnapshot(changed, engine, pages * page).memory, memory)).toBe(0)
      }
    })

    test('of random bytes is refused', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
          expect(reasonOf(bytes, engine)).toMatch(/^Cannot read a snapshot: /)
          const mixed = sample.slice()
          mixed.set(bytes.subarray(0, mixed.length - Math.min(at, mixed.length)), Math.min(at, mixed.length))
          reasonOf(mixed, engine)
        }),
        { numRuns: 300 },
      )
    })

    test('does not exceed the memory limit of its cell', () => {
      const bytes = encodeSnapshot({ memory: new Uint8Array(pages * page), counters: {} }, engine)
      expect(() => decodeSnapshot(bytes, engine, (pages - 1) * page)).toThrow(
        'Cannot read a snapshot: expected from 196608 to 458752 bytes of memory, got 524288',
      )
    })

    test('does not expand to more than its header states', () => {
      const large = engine.codecs[0]?.encode(new Uint8Array(8 * 2 ** 20), baseline) ?? new Uint8Array()
      const header = { print: engine.print, memoryBytes: 3 * page, deltaBytes: large.length, counters: {} }
      expect(reasonOf(withHeader(header, engine.codecs[0]?.id, large), engine)).toBe(
        'Cannot read a snapshot: its delta is malformed',
      )
    })
  },
)

function withHeader(header: unknown, codec = writing?.id ?? 0, delta: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.from('CCQS\u0001\u0000\u0000\u0000\u0000\u0000', 'latin1')
  prefix.writeUInt8(codec, 5)
  prefix.writeUInt32BE(json.length, 6)
  return Buffer.concat([prefix, json, delta])
}

describe('the header of a snapshot', () => {
  const header = { print: '0123456789ab', memoryBytes: 3 * page, deltaBytes: 0, counters: {} }

  test.each([
    ['not JSON', '{"print"', 'its header is not JSON'],
    ['not an object', [], 'its header is not an object'],
    ['null', null, 'its header is not an object'],
    ['a header with another member', { ...header, more: 1 }, 'its header has the unknown member "more"'],
    ['a header without a print', { ...header, print: undefined }, 'its header has no print'],
    ['a header of another engine', { ...header, print: 'f' }, 'it is of engine f, expected 0123456789ab'],
    ['a header without a size', { ...header, memoryBytes: '1' }, 'its header has no size of the memory'],
    ['a header without a delta', { ...header, deltaBytes: null }, 'its header has no size of the delta'],
    ['a part of a page', { ...header, memoryBytes: 3 * page + 1 }, 'expected whole pages of memory, got 196609 bytes'],
    ['a fraction', { ...header, memoryBytes: 0.5 }, 'expected whole pages of memory, got 0.5 bytes'],
    [
      'less than the baseline',
      { ...header, memoryBytes: 2 * page },
      'expected from 196608 to 524288 bytes of memory, got 131072',
    ],
    [
      'a negative size',
      { ...header, memoryBytes: -page },
      'expected from 196608 to 524288 bytes of memory, got -65536',
    ],
    ['another size of the delta', { ...header, deltaBytes: 1 }, 'expected a delta of 1 bytes, got 0'],
    ['an empty delta', header, 'its delta is malformed'],
    ['counters that are no object', { ...header, counters: [1] }, 'its header has no counters'],
    [
      'a counter that is not a number',
      { ...header, counters: { a: '1' } },
      'expected a number that is not negative as the counter "a"',
    ],
    [
      'a negative counter',
      { ...header, counters: { a: -1 } },
      'expected a number that is not negative as the counter "a"',
    ],
    ['a malformed name', { ...header, counters: { 'a b': 1 } }, 'it has a counter with a malformed name'],
    [
      '__proto__',
      '{"print":"0123456789ab","memoryBytes":196608,"deltaBytes":0,"counters":{"__proto__":1}}',
      'it has a counter with a malformed name',
    ],
    [
      'too many counters',
      {
        ...header,
        counters: Object.fromEntries(
          Array.from({ length: 65 }, (_, at) => [`a${'b'.repeat(at % 30)}${String.fromCharCode(97 + at / 30)}`, 1]),
        ),
      },
      'it has 65 counters, at most 64',
    ],
    [
      'a header of 5,000 characters',
      JSON.stringify({ print: 'x'.repeat(5000) }),
      'its header is longer than the snapshot or than 4 KiB',
    ],
  ])('is refused: %s', (_, content, reason) => {
    expect(reasonOf(withHeader(content))).toBe(`Cannot read a snapshot: ${reason}`)
  })

  test('is refused with another magic number, version or codec', () => {
    const bytes = withHeader(header)
    expect(reasonOf(Buffer.concat([Buffer.from('X'), bytes.subarray(1)]))).toMatch(/expected the start "CCQS"/)
    expect(reasonOf(Buffer.concat([bytes.subarray(0, 4), Buffer.from([2]), bytes.subarray(5)]))).toMatch(
      /expected version 1, got 2/,
    )
    expect(reasonOf(withHeader(header, 99))).toMatch(/this runtime does not have codec 99/)
  })

  test('is refused when it is not UTF-8', () => {
    const bytes = withHeader(header)
    bytes[12] = 0xff
    expect(reasonOf(bytes)).toMatch(/its header is not JSON/)
  })

  test('names what was read from any header without failing otherwise', () => {
    fc.assert(fc.property(fc.json(), randomTail, (json, tail) => void reasonOf(withHeader(json, 1, tail))))
  })
})

const randomTail = fc.nat(64).map((length) => new Uint8Array(randomBytes(length)))
