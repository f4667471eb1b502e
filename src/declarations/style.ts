import type { LiteralLimits } from './literal-type.ts'

/**
 * How a schema is told. The reference's style is the one of the contract (15.1), faults included, since its texts are
 * compared; the other one is right, and says more.
 */
export type Style = {
  /** Whether the type may differ from the contract's where that one is no type, or a wrong one. */
  readonly isExact: boolean
  /** Whether limits and defaults follow the description of a property. */
  readonly hasNotes: boolean
  readonly literals: LiteralLimits
}

export const referenceStyle: Style = { isExact: false, hasNotes: false, literals: { values: 1_000, length: 20_000 } }
export const declarationStyle: Style = { isExact: true, hasNotes: true, literals: { values: 40, length: 400 } }
