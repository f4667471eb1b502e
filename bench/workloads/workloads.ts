import type { Workload } from '../workload.ts'
import { bufferBomb, heapBomb } from './bombs.ts'
import { coldStart } from './cold-start.ts'
import { largeResult } from './large-result.ts'
import { oneCallMore } from './one-call-more.ts'
import { callBurst, parallelCalls } from './parallel-calls.ts'
import { processorWork } from './processor-work.ts'
import { reducePayloads, reduceTrace } from './reduce-trace.ts'
import { sequentialCalls } from './sequential-calls.ts'
import { terminate } from './terminate.ts'
import { textFlood } from './text-flood.ts'
import { eightAtOnce, oneAtOnce, sixtyFourAtOnce } from './throughput.ts'
import { waitingCells } from './waiting-cells.ts'
import { warmCell } from './warm-cell.ts'

/** Every workload, in the order of the rows. Workloads that may kill a host are last. */
export const workloads: readonly Workload[] = [
  coldStart,
  warmCell,
  oneCallMore,
  sequentialCalls,
  parallelCalls,
  callBurst,
  textFlood,
  largeResult,
  oneAtOnce,
  eightAtOnce,
  sixtyFourAtOnce,
  waitingCells,
  terminate,
  processorWork,
  reduceTrace,
  reducePayloads,
  heapBomb,
  bufferBomb,
]
