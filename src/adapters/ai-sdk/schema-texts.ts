import type { Tool, ToolSet } from 'ai'
import type { AiPackage } from './ai-package.ts'

type AnySchema = Tool['inputSchema']

/** JSON Schemas of the SDK's schemas. Some resolve asynchronously, while the SDK binds tools synchronously. */
export class SchemaTexts {
  readonly #ai: AiPackage
  readonly #resolved = new WeakMap<object, unknown>()

  constructor(ai: AiPackage) {
    this.#ai = ai
  }

  /** Waits for asynchronous schemas. */
  async prepare(tools: ToolSet): Promise<void> {
    const schemas = Object.values(tools).flatMap(({ inputSchema, outputSchema }) => [inputSchema, outputSchema])
    await Promise.all(schemas.map(async (schema) => await this.#read(schema)))
  }

  /** Returns the JSON Schema, or undefined when it is unresolved or not available. The tool is then declared without types. */
  json(schema: AnySchema | undefined): unknown {
    if (schema === undefined) return undefined
    if (this.#resolved.has(schema)) return this.#resolved.get(schema)
    const json = jsonOf(this.#ai, schema)
    if (!isThenable(json)) return json
    // The schema is resolved at the next binding, before the next turn of the model.
    void this.#read(schema)
    return undefined
  }

  async #read(schema: AnySchema | undefined): Promise<void> {
    if (schema === undefined) return
    try {
      this.#resolved.set(schema, await jsonOf(this.#ai, schema))
    } catch {
      // The tool validates its input itself.
      this.#resolved.set(schema, undefined)
    }
  }
}

function jsonOf(ai: AiPackage, schema: AnySchema): unknown {
  try {
    return ai.asSchema<unknown>(schema).jsonSchema
  } catch {
    // Not every schema library can generate JSON Schema.
    return undefined
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
