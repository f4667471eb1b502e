import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRecord } from '../../src/protocol/json.ts'
import type { CellReplay } from '../../src/replay.ts'

export type Line = Record<string, unknown>

/** Rewrites the log of a cell, with each line as `change` returns it; null drops the line. */
export function changeRecord(directory: string, number: number, change: (line: Line) => Line | null): void {
  const path = join(directory, 'cells', `${number}.jsonl`)
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const changed = lines.map((line) => change(recordOf(JSON.parse(line)))).filter((line) => line !== null)
  writeFileSync(path, changed.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

export async function replaysOf(replays: AsyncIterable<{ readonly replay: CellReplay }>): Promise<CellReplay[]> {
  const all: CellReplay[] = []
  for await (const { replay } of replays) all.push(replay)
  return all
}

/** Returns a value as an object. */
export function recordOf(value: unknown): Line {
  if (!isRecord(value)) throw new Error('it is not an object')
  return value
}

/** Replaces the body of the command of a line, which is a result. */
export function withAnswer(line: Line, body: string): Line {
  return line['type'] === 'command' ? { ...line, command: { ...recordOf(line['command']), body } } : line
}

/** Changes the start and the limits of a `run` line. */
export function withStart(line: Line, changes: object, limits: object = {}): Line {
  const start = recordOf(line['start'])
  return { ...line, start: { ...start, ...changes, limits: { ...recordOf(start['limits']), ...limits } } }
}
