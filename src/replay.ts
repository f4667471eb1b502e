export type { ReplayBounds } from './replay/bounded-start.ts'
export { replayBundle, replayCell, type CellReplay, type ReplayOptions } from './replay/replay-cell.ts'
export type { CellStep, Difference } from './replay/run-comparison.ts'
