import { generateCell } from '../cells/generate-cell.ts'
import { playCell } from '../cells/play-cell.ts'
import { createReferenceAdapter } from '../reference-adapter.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'

const cellCount = 400

/** Generated cells, the same for each version: their responses, calls and notifications. */
export const generatedCells: Part = {
  name: 'cells',
  title: 'Generated cells',
  isTimed: true,
  async collect({ host }, only): Promise<Facts> {
    await using adapter = createReferenceAdapter(host)
    const facts: Record<string, unknown> = {}
    for (let seed = 1; seed <= cellCount; seed++) {
      const name = `cell ${seed}`
      if (only?.has(name) === false) continue
      const cell = generateCell(seed)
      facts[name] = { program: cell.statements.join('\n'), played: await playCell(cell, adapter) }
    }
    return facts
  },
}
