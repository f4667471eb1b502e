import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RetainedOutputs } from './retained-outputs.ts'

type Step = { readonly cell: number; readonly text: string; readonly isCut: boolean; readonly isLast: boolean }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    cell: fc.nat(5),
    text: fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '😀'), maxLength: 12 }),
    isCut: fc.boolean(),
    isLast: fc.boolean(),
  }),
  { maxLength: 40 },
)
const limits = fc.record({
  maxRetainedBytesPerSession: fc.nat(60),
  maxRetainedBytesPerCell: fc.nat(30),
  maxRetainedCells: fc.nat(4),
})

test('retained outputs stay within their limits, and only complete outputs are marked as whole', () => {
  fc.assert(
    fc.property(steps, limits, (added, bounds) => {
      const retained = new RetainedOutputs(bounds)
      const texts = new Map<string, string>()
      const ended = new Set<string>()
      for (const { cell, text, isCut, isLast } of added) {
        const cellId = String(cell)
        // A cell ends once.
        if (ended.has(cellId)) continue
        if (isLast) ended.add(cellId)
        const before = texts.get(cellId) ?? ''
        texts.set(cellId, before === '' ? text : text === '' ? before : `${before}\n${text}`)
        const now = retained.add(cellId, text, { isCut, isLast })
        expect(now).toEqual(retained.get(cellId))
        const list = retained.list()
        expect(list.length).toBeLessThanOrEqual(bounds.maxRetainedCells)
        expect(list.reduce((sum, entry) => sum + Buffer.byteLength(entry.text), 0)).toBeLessThanOrEqual(
          bounds.maxRetainedBytesPerSession,
        )
        for (const entry of list) {
          expect(Buffer.byteLength(entry.text)).toBeLessThanOrEqual(bounds.maxRetainedBytesPerCell)
          expect(entry.text.isWellFormed()).toBe(true)
          if (entry.isWhole) expect(entry.text).toBe(texts.get(entry.cellId))
          else expect(texts.get(entry.cellId)).toContain(entry.text)
        }
      }
    }),
    { numRuns: 500 },
  )
})
