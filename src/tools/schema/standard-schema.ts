/**
 * A Standard Schema (https://standardschema.dev), as zod, ArkType and Valibot make them. `Input` is the type of a value before
 * validation, `Output` the type after it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The result of a validation: a value, or issues. */
type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

type StandardIssue = {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** A JSON Schema of any draft from 4 on. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** A schema of a tool's input or result. */
export type ToolSchema = StandardSchema | JsonSchema

/** The type of a value that a schema takes; `unknown` for a JSON Schema. */
export type SchemaInput<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly input: infer Input } | undefined }
}
  ? Unless<IsJsonSchema<Schema>, Input>
  : unknown

/** The type of a value that a schema has validated; `unknown` for a JSON Schema. */
export type SchemaOutput<Schema> = Schema extends {
  readonly '~standard': { readonly types?: { readonly output: infer Output } | undefined }
}
  ? Unless<IsJsonSchema<Schema>, Output>
  : unknown

/** A JSON Schema that zod made has any keyword, and refers to the schema it was made from. */
type IsJsonSchema<Schema> = string extends keyof Schema ? true : false

type Unless<Condition, Value> = Condition extends true ? unknown : Value
