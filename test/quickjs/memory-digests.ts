import { createHash } from 'node:crypto'
import { programs } from './digested-programs.ts'
import { cellOf, testBaseline } from './vm-cell.ts'

/** The digests of the events of a machine and of its memory at the end, by program. */
export type MemoryDigests = Readonly<Record<string, readonly [lines: string, memory: string]>>

/** Runs programs that cover the builtins, each with the same commands. */
export function memoryDigests(): MemoryDigests {
  const baseline = digestOf(testBaseline().memory)
  const all = Object.entries(programs).map(([name, source]) => [name, digestsOf(source)] as const)
  return { baseline: ['', baseline], ...Object.fromEntries(all) }
}

function digestsOf(source: string): readonly [string, string] {
  const cell = cellOf(source, { tools: ['add'], places: 'all', memoryMb: 64 })
  cell.run()
  for (let id = 1; id <= 3; id++) {
    cell.receive({ type: 'tool_response', id, time: 1_700_000_000_100 + id, body: `{"sum":${id}}` })
    cell.receive({ type: 'timeout_fired', id, time: 1_700_000_001_000 + id })
  }
  return [digestOf(cell.lines.join('\n')), digestOf(cell.vm.state.memory)]
}

function digestOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16)
}
