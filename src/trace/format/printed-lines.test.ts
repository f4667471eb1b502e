import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyCharacter } from '../../../test/support/any-character.ts'
import { parseCellLogLine } from './cell-log.ts'
import { addPrinted, newPrintedLines, printedLinesText } from './printed-lines.ts'

const place = fc.option(fc.record({ line: fc.integer({ min: 1, max: 2 }), column: fc.integer({ min: 1, max: 2 }) }))
const body = fc.oneof(
  fc.string(),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800'),
)

test('printed strings have the lines of a cell log, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ body, place })), (printed) => {
      const lines = newPrintedLines()
      for (const each of printed) addPrinted(lines, each.body, each.place)
      const texts = printedLinesText(lines).split('\n').slice(0, -1)
      expect(texts.map((text) => parseCellLogLine(JSON.parse(text)))).toEqual(
        printed.map((each) => ({
          type: 'event',
          at: expect.any(Number),
          event: { type: 'text', body: each.body },
          place: each.place,
        })),
      )
    }),
  )
})
