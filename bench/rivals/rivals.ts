import type { Rival, RivalName } from '../rival.ts'
import { bare } from './bare.ts'
import { codecell } from './codecell.ts'
import { forCodex, reference } from './reference.ts'
import { run } from './run.ts'
import { utcp } from './utcp.ts'

/** Every rival by its name. */
export const rivals: { readonly [name in RivalName]: Rival } = {
  ours: codecell('ours'),
  'ours-strict': codecell('ours-strict'),
  'ours-traced': codecell('ours-traced'),
  'ours-for-codex': forCodex,
  'ours-in-process': codecell('ours-in-process'),
  'ours-in-process-quickjs': codecell('ours-in-process-quickjs'),
  reference,
  utcp,
  run,
  bare,
}
