import type { Rival } from './rival.ts'

/** How each rival is loaded: by itself, because a cold start must not pay for the others. */
const loaders: Readonly<Record<string, () => Promise<Rival>>> = {
  codecell: async () => (await import('./ours.ts')).ours('default'),
  'codecell-strict': async () => (await import('./ours.ts')).ours('strict'),
  reference: async () => (await import('./reference.ts')).reference,
  utcp: async () => (await import('./utcp.ts')).utcp,
  run: async () => (await import('./vercel-run.ts')).vercelRun,
  bare: async () => (await import('./bare.ts')).bare,
}

/** In the order of the table's columns; the first is what the others are compared with. */
export const rivalIds: readonly string[] = Object.keys(loaders)

/** Loads a rival by its short name. */
export async function loadRival(id: string): Promise<Rival> {
  const load = loaders[id]
  if (load === undefined) throw new Error(`no rival is called "${id}": ${rivalIds.join(', ')}`)
  return await load()
}
