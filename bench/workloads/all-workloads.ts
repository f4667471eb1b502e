import { bigResult } from './big-result.ts'
import { bufferBomb, heapBomb } from './bombs.ts'
import { coldStart } from './cold-start.ts'
import { computing } from './computing.ts'
import { cellsEightAtOnce, cellsManyAtOnce, cellsOneByOne } from './many-cells.ts'
import { manyTexts } from './many-texts.ts'
import { manyParallelCalls, parallelCalls } from './parallel-calls.ts'
import { sequentialCalls } from './sequential-calls.ts'
import { terminate } from './terminate.ts'
import { waitingCells } from './waiting-cells.ts'
import { warmCell } from './warm-cell.ts'
import type { Workload } from './workload.ts'

/** In the order of the lines of the table. */
export const allWorkloads: readonly Workload[] = [
  coldStart,
  warmCell,
  sequentialCalls,
  parallelCalls,
  manyParallelCalls,
  manyTexts,
  bigResult,
  cellsOneByOne,
  cellsEightAtOnce,
  cellsManyAtOnce,
  waitingCells,
  terminate,
  computing,
  heapBomb,
  bufferBomb,
]

/** Throws `RangeError` for a name that no workload has. */
export function workloadNamed(name: string): Workload {
  const found = allWorkloads.find((workload) => workload.name === name)
  if (found !== undefined) return found
  throw new RangeError(
    `Cannot run "${name}": the workloads are ${allWorkloads.map((workload) => workload.name).join(', ')}`,
  )
}
