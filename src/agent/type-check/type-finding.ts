/** A type error. `start` and `end` count UTF-16 units of the source. */
export type TypeFinding = {
  readonly code: number
  readonly start: number
  readonly end: number
  readonly text: string
  /** Whether only some members of a union type have the error. */
  readonly isOfUnion: boolean
}
