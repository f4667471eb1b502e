import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FromHost } from './message.ts'
import { parseFromHost } from './parse-message.ts'
import { joinTexts } from './text-run.ts'

const cell = fc.integer({ min: 1, max: 2 })
const message: fc.Arbitrary<FromHost> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('text'), cell, body: fc.string({ maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('place'), cell, line: fc.nat(3), column: fc.nat(3) }) },
  fc.record({ type: fc.constant('text'), cell, body: fc.constant('x'.repeat(2000)) }),
  fc.record({ type: fc.constant('notify'), cell, body: fc.string() }),
)

test('joined messages are the same messages in the same order', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
      const sent: unknown[] = JSON.parse(JSON.stringify(joinTexts(messages)))
      expect(sent.flatMap((value) => parseFromHost(value))).toEqual(messages)
    }),
  )
})

test('texts with locations are one message', () => {
  const messages = [1, 2, 3].flatMap((line): FromHost[] => [
    { type: 'place', cell: 1, line, column: 5 },
    { type: 'text', cell: 1, body: `text ${line}` },
  ])
  expect(joinTexts(messages)).toEqual([
    { type: 'texts', cell: 1, texts: ['text 1', 'text 2', 'text 3'], places: [1, 5, 2, 5, 3, 5] },
  ])
})
