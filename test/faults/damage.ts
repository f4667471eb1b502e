import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Damage } from './fault-plan.ts'
import type { SeededRandom } from './random.ts'

/** Changes the directory of a session as a crash may. */
export function damageFolder(folder: string, damage: Damage, random: SeededRandom): void {
  if (damage === 'none') return
  if (damage === 'copy') return replaceByCopy(folder)
  if (damage === 'wal-garbage') {
    const wal = join(folder, 'session.db-wal')
    if (existsSync(wal)) appendFileSync(wal, randomBytes(1 + random.below(6000), random))
    return
  }
  const journal = newestJournal(join(folder, 'cells'))
  if (journal === null) return
  const { size } = statSync(journal)
  if (damage === 'cut') truncateSync(journal, size - 1 - random.below(Math.min(300, size)))
  else appendFileSync(journal, tailOf(journal, damage, random))
}

/** Replaces the files by copies: nothing is lost by it. */
function replaceByCopy(folder: string): void {
  const copy = `${folder}-copy`
  if (!existsSync(folder)) return
  cpSync(folder, copy, { recursive: true })
  rmSync(folder, { recursive: true })
  renameSync(copy, folder)
}

function tailOf(journal: string, damage: Damage, random: SeededRandom): Buffer {
  if (damage === 'zeros') return Buffer.alloc(1 + random.below(4000))
  if (damage === 'garbage') return randomBytes(1 + random.below(500), random)
  const content = readFileSync(journal)
  const last = content.subarray(content.lastIndexOf('\n', content.length - 2) + 1, content.length - 1)
  return last.subarray(0, random.below(last.length))
}

function newestJournal(cells: string): string | null {
  if (!existsSync(cells)) return null
  const files = readdirSync(cells)
    .map((name) => join(cells, name))
    .filter((path) => statSync(path).size > 0)
  return files.toSorted((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0] ?? null
}

function randomBytes(length: number, random: SeededRandom): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)))
}
