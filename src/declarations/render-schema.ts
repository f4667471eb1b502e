import { printType, type PrintOptions } from './print-type.ts'
import { SchemaReader, type SchemaPosition } from './schema-reader.ts'
import { SchemaRoot } from './schema-root.ts'
import type { Schema } from './schema.ts'
import { expectationStyle, referenceStyle, type Style } from './style.ts'
import { unknownNode, type TypeNode } from './type-node.ts'

/** Maximum expansions of one reference on one path, then it is `unknown` (CM-K19). */
const maxExpansions = 2

const options: PrintOptions = {
  descriptionLength: 16_000,
  maxDepth: 64,
  maxLength: 1_000_000,
  isCompact: false,
  nameOf: () => null,
}

/**
 * Returns the TypeScript type of a JSON Schema as one expression, in the style of the reference (CM-K09 to CM-K19).
 * Never throws; types that cannot be expressed are `unknown`.
 */
export function renderSchema(schema: unknown): string {
  return render(schema, schema, referenceStyle, options)
}

/** Returns the type of a schema inside a document as one expression without comments, for messages. Never throws. */
export function renderExpectation(schema: unknown, document: unknown): string {
  return render(schema, document, expectationStyle, { ...options, descriptionLength: 0 })
}

function render(schema: unknown, document: unknown, style: Style, print: PrintOptions): string {
  try {
    const reader: SchemaReader = new SchemaReader(new SchemaRoot(document), style, expand)
    return printType(reader.readWhole(schema), print) ?? 'unknown'

    function expand(target: Schema, reference: string, { depth, expansions, defaulted }: SchemaPosition): TypeNode {
      const followed = expansions.get(reference) ?? 0
      if (followed >= maxExpansions) return unknownNode
      const counted = new Map(expansions).set(reference, followed + 1)
      return reader.read(target, { depth: depth + 1, inside: new Set(), expansions: counted, defaulted })
    }
  } catch {
    return 'unknown' // Reached only by a JavaScript object whose members throw.
  }
}
