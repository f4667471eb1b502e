/** The part of a program that a finding or a hover is about, in UTF-16 units of the source. */
type Range = { readonly start: number; readonly end: number }

/** An error that TypeScript found in a program. */
export type Finding = Range & {
  readonly text: string
  /**
   * `error`: the model reads it as a type note, or the program does not compile. `warning`: it concerns neither a tool nor a global of a
   * cell.
   */
  readonly severity: 'error' | 'warning'
}

/** A name that can be completed. */
export type Completion = {
  readonly name: string
  /** Such as `method` or `property`. */
  readonly kind: string
  /** The type in one line, or empty. */
  readonly type: string
  /** The inserted string. It differs from the name when the name is not an identifier. */
  readonly insert: string
}

export type Completions = Range & { readonly entries: readonly Completion[] }

export type Hover = Range & { readonly type: string; readonly documentation: string }

/** The result of stripping types. `source` has the same lines and columns if `isAligned`. */
export type Stripped =
  | { readonly type: 'javascript' }
  | { readonly type: 'stripped'; readonly source: string; readonly isAligned: boolean }
  | { readonly type: 'unsupported'; readonly reason: string }
  | { readonly type: 'not_typescript' }

/** The requests to the worker of TypeScript, with their results. Null: there is none. */
export type TypeResults = {
  readonly check?: readonly Finding[] | null
  readonly complete?: Completions | null
  readonly hover?: Hover | null
  readonly strip?: Stripped | null
}

export type TypeRequestName = keyof TypeResults

/** A message to the worker. */
export type TypeMessage = {
  readonly id: number
  readonly name: TypeRequestName
  readonly source: string
  readonly declarations: string
  readonly offset: number
  /** Whether cells have `Intl`. */
  readonly hasIntl: boolean
}

/** A message of the worker: it is ready, or a request has its result. */
export type TypeReply =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly id: number; readonly results: TypeResults }
