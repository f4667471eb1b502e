import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openSnapshot, SealError, sealSnapshot, snapshotKeyBytes, type SnapshotPoint } from './sealed-snapshot.ts'

const key = randomBytes(snapshotKeyBytes)
const point: SnapshotPoint = { cellId: '7', engine: '0123456789ab', commands: 12, events: 30, fingerprint: 'f00d' }
const content = randomBytes(300)
const sealed = sealSnapshot(key, point, content)

const points: fc.Arbitrary<SnapshotPoint> = fc.record({
  cellId: fc.nat().map(String),
  engine: fc.string({ maxLength: 20 }),
  commands: fc.nat(),
  events: fc.nat(),
  fingerprint: fc.string({ maxLength: 64 }),
})

function reasonOf(bytes: Buffer, expected: SnapshotPoint = point, with_: Uint8Array = key): string {
  try {
    openSnapshot(with_, expected, bytes)
  } catch (error) {
    if (error instanceof SealError) return error.message
    throw error
  }
  return 'opened'
}

describe('a sealed snapshot', () => {
  test('opens with its key and its point, and has the same bytes again', () => {
    fc.assert(
      fc.property(
        points,
        fc.uint8Array({ maxLength: 2000 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (of, bytes, secret) => {
          const first = sealSnapshot(secret, of, bytes)
          expect(openSnapshot(secret, of, first).equals(bytes)).toBe(true)
          expect(sealSnapshot(secret, of, bytes).equals(first)).toBe(true)
        },
      ),
    )
  })

  test('is refused after the change of any bit', () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(reasonOf(changed)).toMatch(/seal is not of this session/)
    }
  })

  test('is refused at any other length', () => {
    for (let length = 0; length < sealed.length; length++) {
      expect(reasonOf(sealed.subarray(0, length))).toMatch(/^Cannot open a snapshot: (expected at least|its seal)/)
      expect(reasonOf(sealed.subarray(sealed.length - length))).toMatch(
        /^Cannot open a snapshot: (expected at least|its seal)/,
      )
    }
    for (let length = 1; length < 40; length++)
      expect(reasonOf(Buffer.concat([sealed, Buffer.alloc(length)]))).toMatch(/its seal/)
  })

  test('is refused with another key', () => {
    for (let bit = 0; bit < snapshotKeyBytes * 8; bit++) {
      const other = Buffer.from(key)
      other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(reasonOf(sealed, point, other)).toMatch(/its seal is not of this session/)
    }
    expect(reasonOf(sealed, point, new Uint8Array(0))).toMatch(/its seal is not of this session/)
  })

  test('is refused for another cell, engine, number of commands or events, or fingerprint', () => {
    expect(reasonOf(sealed, { ...point, cellId: '8' })).toBe(
      'Cannot open a snapshot: it is of another cell: expected 8, got 7',
    )
    expect(reasonOf(sealed, { ...point, engine: 'ba9876543210' })).toMatch(/of another engine: expected ba98/)
    expect(reasonOf(sealed, { ...point, commands: 13 })).toMatch(/of another number of commands: expected 13, got 12/)
    expect(reasonOf(sealed, { ...point, events: 31 })).toMatch(/of another number of events: expected 31, got 30/)
    expect(reasonOf(sealed, { ...point, fingerprint: 'feed' })).toMatch(/of another fingerprint: expected feed/)
  })

  test('of an earlier point of the cell is refused', () => {
    const earlier = sealSnapshot(key, { ...point, commands: 5, events: 9, fingerprint: 'beef' }, content)
    expect(reasonOf(earlier)).toMatch(/of another number of commands: expected 12, got 5/)
  })

  test('is refused for any other point', () => {
    fc.assert(
      fc.property(points, points, (of, other) => {
        fc.pre(JSON.stringify(of) !== JSON.stringify(other))
        expect(reasonOf(sealSnapshot(key, of, content), other)).toMatch(/it is of another/)
      }),
      { numRuns: 300 },
    )
  })

  test('is refused with parts of another one', () => {
    const other = sealSnapshot(key, { ...point, cellId: '9' }, randomBytes(300))
    for (let at = 1; at < sealed.length; at++) {
      const mixed = Buffer.concat([sealed.subarray(0, at), other.subarray(at)])
      if (mixed.equals(sealed) || mixed.equals(other)) continue
      expect(reasonOf(mixed)).toMatch(/its seal is not of this session/)
    }
  })
})
