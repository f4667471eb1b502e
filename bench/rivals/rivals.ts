import type { Rival, RivalName } from '../rival.ts'
import { bare } from './bare.ts'
import { codecell } from './codecell.ts'
import { forCodex, reference } from './reference.ts'
import { run } from './run.ts'
import { utcp } from './utcp.ts'

/** Every rival by its name. */
export const rivals: { readonly [name in RivalName]: Rival } = {
  ours: codecell('default'),
  'ours-strict': codecell('strict'),
  'ours-for-codex': forCodex,
  reference,
  utcp,
  run,
  bare,
}
