import type { LiteralLimits } from './literal-type.ts'

/**
 * Options of the conversion of schemas. The style of the reference keeps its faults, because the conformance cases
 * compare its texts (CM-K09 to CM-K34). The other style is correct and more specific.
 */
export type Style = {
  /** Whether the type may differ from the reference where that has an invalid or wrong type. */
  readonly isExact: boolean
  /** Whether limits and defaults follow the description of a property. */
  readonly hasNotes: boolean
  readonly literals: LiteralLimits
}

export const referenceStyle: Style = { isExact: false, hasNotes: false, literals: { values: 1_000, length: 20_000 } }
export const declarationStyle: Style = { isExact: true, hasNotes: true, literals: { values: 40, length: 400 } }
/** The style of types in messages: one line without comments. */
export const expectationStyle: Style = { isExact: true, hasNotes: false, literals: { values: 40, length: 100 } }
