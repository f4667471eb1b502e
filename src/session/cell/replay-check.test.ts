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

test('a replay in the same process is skipped, and a replay in another process is not', () => {
  const prints = new EventFingerprints()
  const replayCheck = new ReplayCheck(prints)
  const replay = (by: ReplayCheck): readonly string[] => events.map((event) => by.check(event).type)
  expect(replay(replayCheck)).toEqual(['fresh', 'fresh', 'fresh', 'fresh'])
  replayCheck.rewind(0)
  expect(replay(replayCheck)).toEqual(['repeated', 'repeated', 'repeated', 'repeated'])
  const restored = new EventFingerprints(prints.bytesFrom(0))
  expect(restored.count).toBe(3)
  const later = new ReplayCheck(restored)
  expect(later.missing).toBe('event 1, which was a text, is missing')
  expect(replay(later)).toEqual(['fresh', 'fresh', 'fresh', 'fresh'])
  expect(later.missing).toBeNull()
})

test('a time or memory limit ends a replay and does not count as a difference', () => {
  const replayCheck = new ReplayCheck(new EventFingerprints())
  replayCheck.check({ type: 'text', body: 'a' })
  replayCheck.rewind(0)
  expect(replayCheck.check({ type: 'failed', limit: 'cpu_ms', body: 'too long' })).toEqual({ type: 'fresh' })
  expect(replayCheck.check({ type: 'failed', limit: null, body: 'too long' })).toEqual({
    type: 'differs',
    difference: 'event 1 was a text and is now an error that ends the program',
  })
})
