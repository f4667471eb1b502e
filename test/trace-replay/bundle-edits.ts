import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CellReplay } from '../../src/replay.ts'

type Line = Record<string, unknown>

/** Writes the record of a cell anew, with each line as `change` returns it; null: without it. */
export function changeRecord(directory: string, number: number, change: (line: Line) => Line | null): void {
  const path = join(directory, 'cells', `${number}.jsonl`)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const changed = lines.map((line) => change(JSON.parse(line) as Line)).filter((line) => line !== null)
  writeFileSync(path, changed.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

export async function replaysOf(replays: AsyncIterable<{ readonly replay: CellReplay }>): Promise<CellReplay[]> {
  const all: CellReplay[] = []
  for await (const { replay } of replays) all.push(replay)
  return all
}
