import { augmentedDescription } from '../declarations/render-tool.ts'
import { quotedText } from './quoted-text.ts'
import type { Tool } from './tool.ts'

/** Characters of a tool's own description: in `ALL_TOOLS`, and in the description of `exec`, which every turn pays for. */
const maxDescription = 16_384
const maxWrittenDescription = 2048
/** Characters of a declaration. A longer one says nothing to a model that is worth its tokens. */
const maxDeclaration = 65_536

/** One tool as cells reach it: `tools.<identifier>`. */
export class CatalogueEntry {
  readonly identifier: string
  readonly tool: Tool
  #description: string | null = null

  constructor(identifier: string, tool: Tool) {
    this.identifier = identifier
    this.tool = tool
    Object.freeze(this)
  }

  /** Whether programs can call it. */
  get isNested(): boolean {
    return this.tool.allowedCallers?.includes('code') ?? true
  }

  /** The tool's description with its declaration, made when it is first asked for: rendering thousands takes time. */
  get description(): string {
    this.#description ??= this.#describe(maxDescription)
    return this.#description
  }

  /** The same, shorter where the tool says very much. */
  get writtenDescription(): string {
    const { description = '' } = this.tool
    return description.length > maxWrittenDescription ? this.#describe(maxWrittenDescription) : this.description
  }

  #describe(maxLength: number): string {
    const { kind = 'function', description = '', inputSchema, outputSchema } = this.tool
    const described = {
      identifier: this.identifier,
      kind,
      description: quotedText(description, maxLength),
      inputSchema,
    }
    const whole = augmentedDescription({ ...described, outputSchema })
    const isTooLong = whole.length > described.description.length + maxDeclaration
    return isTooLong ? augmentedDescription({ ...described, outputSchema: undefined }) : whole
  }
}
