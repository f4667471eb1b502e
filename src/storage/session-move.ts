import { CodecellError } from '../errors.ts'

/**
 * The last move of a session between a folder and a shared store, as each of the two locations records it. `lineage` is the same in
 * all locations of a session and its copies, and `count` is the number of its moves.
 */
export type SessionMove = {
  readonly lineage: string
  /** Identifies the attempt to move it. */
  readonly move: string
  readonly count: number
  readonly state: MoveState
  /** The other location in words, without a password. */
  readonly other: string
}

/** `here`: the session can be opened. `arriving`: its content is not complete. `moved`: it is in the other location. */
type MoveState = (typeof moveStates)[number]

export const moveStates = ['here', 'arriving', 'moved'] as const

/**
 * Checks that a session is in this location, which `location` names.
 *
 * @throws {CodecellError} `SESSION_MOVED`
 */
export function demandHere(location: string, move: SessionMove | null): void {
  if (move === null || move.state === 'here') return
  const { state, other } = move
  const reason =
    state === 'moved'
      ? `it was moved to ${other}; open it there`
      : `its move from ${other} is not complete; repeat "codecell sessions push" or "codecell sessions pull"`
  throw new CodecellError('SESSION_MOVED', `Cannot open ${location}: ${reason}`)
}
