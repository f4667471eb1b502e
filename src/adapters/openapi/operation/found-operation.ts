import type { Operation } from './operation.ts'

/** An operation object of a document, its location there, and its parts that are never invalid. */
export type FoundOperation = Pick<Operation, 'id' | 'method' | 'path' | 'tags' | 'isDeprecated'> & {
  /** The name of the member of the path item. */
  readonly member: string
  readonly item: Readonly<Record<string, unknown>>
  readonly operation: Readonly<Record<string, unknown>>
}
