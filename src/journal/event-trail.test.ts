import { expect, test } from 'vitest'
import type { CellEvent } from '../protocol/event.ts'
import { EventTrail } from './event-trail.ts'

const text = (body: string): CellEvent => ({ type: 'text', body })

test('a replay that takes the same way is passed over, and goes on', () => {
  const trail = new EventTrail()
  expect([trail.follow(text('a')), trail.follow(text('b'))]).toEqual(['fresh', 'fresh'])
  trail.rewind()
  expect(trail.isBehind).toBe(true)
  expect([trail.follow(text('a')), trail.follow(text('b')), trail.isBehind]).toEqual(['repeated', 'repeated', false])
  expect([trail.follow(text('c')), trail.length]).toEqual(['fresh', 3])
})

test('a replay that says something else is told from it, and so is one that says less', () => {
  const trail = new EventTrail()
  trail.follow(text('a'))
  trail.follow({ type: 'tool_call', id: 1, tool: 'gate', body: '{}' })
  trail.rewind()
  expect([trail.follow(text('a')), trail.isBehind]).toEqual(['repeated', true])
  expect(trail.follow(text('other'))).toBe('diverged')
})
