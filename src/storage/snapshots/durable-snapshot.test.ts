import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StartCommand } from '../../protocol/command.ts'
import { hostLimits, resolveLimits } from '../../session/common/limits.ts'
import { MemoryJournal } from '../memory/memory-journal.ts'
import { SpillableTexts, TextQuota } from '../memory/spillable-texts.ts'
import type { SnapshotSlot } from '../snapshot-slot.ts'
import type { CellState } from './cell-state.ts'
import { DurableSnapshot } from './durable-snapshot.ts'
import { sealSnapshot, type SnapshotPoint } from './sealed-snapshot.ts'

const key = randomBytes(32)
const memory = randomBytes(2000)

const state: CellState = {
  source: 'text("\ud800")',
  events: 7,
  output: {
    count: 3,
    delivered: 1,
    items: [
      { type: 'input_text', text: 'a\ud800' },
      { type: 'input_image', image_url: 'data:,x', detail: 'high' },
    ],
  },
  yieldedAt: 2,
  calls: { count: 2, pending: [{ id: 2, tool: 'ask', input: '{}', location: { line: 1, column: 2 } }] },
  timers: [{ id: 1, due: 1_700_000_000_500.5, delay: 500.5 }],
  notifications: 1,
  stored: [['key', '1']],
}

class Slot implements SnapshotSlot {
  content: Buffer | null = null
  key = (): Uint8Array => key

  write(sealed: Buffer): boolean {
    this.content = sealed
    return true
  }

  read(): Buffer | null {
    return this.content
  }

  remove(): void {
    this.content = null
  }
}

function journalOf(bodies: readonly string[], seed = 1): MemoryJournal {
  const start: StartCommand = {
    type: 'start',
    time: 1_700_000_000_000,
    seed,
    catalogue: 1,
    limits: hostLimits(resolveLimits()),
    places: 'none',
    body: '',
  }
  const texts = new SpillableTexts(new TextQuota({ memory: Infinity, disk: 0 }))
  const journal = new MemoryJournal(start, new Map(), texts)
  for (const [at, body] of bodies.entries()) {
    journal.fingerprints.add({ type: 'tool_call', id: at + 1, tool: 'ask', body: '{}' })
    journal.append({ type: 'tool_response', time: start.time + at, id: at + 1, body })
  }
  return journal
}

/** Returns how the point after a number of commands and events is computed from a journal. */
function pointsOf(journal: MemoryJournal, cellId = '1'): (commands: number, events: number) => SnapshotPoint {
  return (commands, events) => {
    return { cellId, engine: 'abc', commands, events, fingerprint: journal.fingerprints.digest(events) }
  }
}

const bodies = ['1', '"two"', '3', '4']

function written(): { slot: Slot; journal: MemoryJournal; snapshot: DurableSnapshot; sealed: Buffer } {
  const slot = new Slot()
  const journal = journalOf(bodies)
  const snapshot = new DurableSnapshot(slot, journal)
  snapshot.write(pointsOf(journal)(3, 3), { state: JSON.stringify(state), memory })
  const sealed = slot.content
  if (sealed === null) throw new Error('Cannot test: no snapshot was written')
  return { slot, journal, snapshot, sealed }
}

function reasonIn(journal: MemoryJournal, sealed: Buffer, cellId = '1'): string {
  const slot = new Slot()
  slot.content = sealed
  try {
    new DurableSnapshot(slot, journal).read(pointsOf(journal, cellId))
    return 'none'
  } catch (error) {
    return String(error)
  }
}

describe('a snapshot in a store', () => {
  test('has the state of the cell and of the machine', () => {
    const { journal, snapshot } = written()
    const stored = snapshot.read(pointsOf(journal))
    expect(stored).toEqual({ point: pointsOf(journal)(3, 3), state })
    expect(Buffer.from(snapshot.memoryAt(pointsOf(journal)(3, 3)))).toEqual(memory)
  })

  test('is refused for other commands, another start, another cell, and a journal that lost its end', () => {
    const { journal, sealed } = written()
    expect(reasonIn(journal, sealed)).toBe('none')
    expect(reasonIn(journalOf(['1', '"Two"', '3', '4']), sealed)).toMatch(/it is of other commands/)
    expect(reasonIn(journalOf(bodies, 2), sealed)).toMatch(/it is of other commands/)
    expect(reasonIn(journal, sealed, '2')).toMatch(/it is of another cell/)
    expect(reasonIn(journalOf(['1']), sealed)).toMatch(/of a later point than the journal/)
    expect(reasonIn(journalOf(['1', '"two"']), sealed)).toMatch(/of a later point than the journal/)
  })

  test('is valid for a journal that was continued', () => {
    expect(reasonIn(journalOf([...bodies, '5']), written().sealed)).toBe('none')
  })

  test('is refused when any bit is changed, or when it is cut anywhere', () => {
    const { journal, sealed } = written()
    for (let at = 0; at < 400; at++) {
      const position = Math.floor((at * sealed.length) / 400)
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(position) ^ (1 << (at % 8)), position)
      expect(reasonIn(journal, changed)).not.toBe('none')
      expect(reasonIn(journal, sealed.subarray(0, position))).not.toBe('none')
    }
  })

  test('is refused in any form that another writer gives it', () => {
    const { journal } = written()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(reasonIn(journal, Buffer.from(bytes))).not.toBe('none')
        const point = pointsOf(journal)(3, 3)
        expect(reasonIn(journal, sealSnapshot(randomBytes(32), point, bytes))).toMatch(
          /its seal is not of this session/,
        )
        // With the key, but without a state that this version knows.
        expect(reasonIn(journal, sealSnapshot(key, point, bytes))).not.toBe('none')
      }),
      { numRuns: 300 },
    )
  })

  test('is refused with another version or a malformed state', () => {
    const { journal, snapshot, slot } = written()
    const withHead = (head: string): Buffer => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.byteLength(head))
      return sealSnapshot(key, pointsOf(journal)(3, 3), Buffer.concat([length, Buffer.from(head), memory]))
    }
    expect(reasonIn(journal, withHead('{"version":2,"journal":"","cell":{}}'))).toMatch(/expected version 1/)
    for (const member of Object.keys(state)) {
      snapshot.write(pointsOf(journal)(3, 3), { state: JSON.stringify({ ...state, [member]: -1 }), memory })
      expect(reasonIn(journal, slot.content ?? memory)).toMatch(/the state of its cell is malformed/)
    }
  })
})
