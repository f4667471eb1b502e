import { expect, test } from 'vitest'
import type { CellEvent } from '../../protocol/event.ts'
import { EventFingerprints } from '../../storage/event-fingerprints.ts'
import { ReplayCheck } from './replay-check.ts'

const events: readonly CellEvent[] = [
  { type: 'started' },
  { type: 'text', body: 'a' },
  { type: 'tool_call', id: 1, tool: 'ask', body: '{"n":1}' },
  { type: 'completed' },
]

test('a replay is passed over, and a run in another process is not', () => {
  const prints = new EventFingerprints()
  const trail = new ReplayCheck(prints)
  const follow = (by: ReplayCheck): readonly string[] => events.map((event) => by.check(event).type)
  expect(follow(trail)).toEqual(['fresh', 'fresh', 'fresh', 'fresh'])
  trail.rewind()
  expect(follow(trail)).toEqual(['repeated', 'repeated', 'repeated', 'repeated'])
  const restored = new EventFingerprints(prints.bytesFrom(0))
  expect(restored.count).toBe(3)
  const later = new ReplayCheck(restored)
  expect(later.missing).toBe('event 1, which was a text, did not come')
  expect(follow(later)).toEqual(['fresh', 'fresh', 'fresh', 'fresh'])
  expect(later.missing).toBeNull()
})

test('a limit of time or memory ends a replay without being a difference', () => {
  const trail = new ReplayCheck(new EventFingerprints())
  trail.check({ type: 'text', body: 'a' })
  trail.rewind()
  expect(trail.check({ type: 'failed', limit: 'cpu_ms', body: 'too long' })).toEqual({ type: 'fresh' })
  expect(trail.check({ type: 'failed', limit: null, body: 'too long' })).toEqual({
    type: 'differs',
    what: 'event 1 was a text and is now an error that ends the program',
  })
})
