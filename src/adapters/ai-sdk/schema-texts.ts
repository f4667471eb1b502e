import type { Tool, ToolSet } from 'ai'
import type { AiPackage } from './ai-package.ts'

type AnySchema = Tool['inputSchema']

/** JSON Schemas of the SDK's schemas, some of which have to be waited for while their tools are bound at once. */
export class SchemaTexts {
  readonly #ai: AiPackage
  readonly #resolved = new WeakMap<object, unknown>()

  constructor(ai: AiPackage) {
    this.#ai = ai
  }

  /** Waits for the schemas that have to be waited for. */
  async prepare(tools: ToolSet): Promise<void> {
    const schemas = Object.values(tools).flatMap(({ inputSchema, outputSchema }) => [inputSchema, outputSchema])
    await Promise.all(schemas.map(async (schema) => await this.#read(schema)))
  }

  /** The JSON Schema, or undefined when it is not known yet or cannot be made; the tool is shown without types then. */
  json(schema: AnySchema | undefined): unknown {
    if (schema === undefined) return undefined
    if (this.#resolved.has(schema)) return this.#resolved.get(schema)
    const json = jsonOf(this.#ai, schema)
    if (!isThenable(json)) return json
    // The next binding, before the next turn of the model, finds it.
    void this.#read(schema)
    return undefined
  }

  async #read(schema: AnySchema | undefined): Promise<void> {
    if (schema === undefined) return
    try {
      this.#resolved.set(schema, await jsonOf(this.#ai, schema))
    } catch {
      // The tool says in its own check what does not fit.
      this.#resolved.set(schema, undefined)
    }
  }
}

function jsonOf(ai: AiPackage, schema: AnySchema): unknown {
  try {
    return ai.asSchema<unknown>(schema).jsonSchema
  } catch {
    // Not every schema library can write its schemas as JSON Schema.
    return undefined
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
