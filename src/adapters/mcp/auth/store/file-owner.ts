import type { Stats } from 'node:fs'

/** Whether files have an owner and modes. On Windows the folder of the user is private. */
export const hasModes: boolean = process.getuid !== undefined

/** Returns the problem with the owner of a file; null without one. */
export function ownProblem({ uid }: Pick<Stats, 'uid'>): string | null {
  return hasModes && uid !== process.getuid?.() ? 'belongs to another user' : null
}
