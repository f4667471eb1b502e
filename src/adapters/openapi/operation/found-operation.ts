/** An operation object of a document, and its location there. */
export type FoundOperation = {
  readonly path: string
  /** The name of the member of the path item. */
  readonly member: string
  readonly item: Readonly<Record<string, unknown>>
  readonly operation: Readonly<Record<string, unknown>>
}
