import { augmentedDescription } from '../declarations/render-tool.ts'
import { quotedText } from './quoted-text.ts'
import { sourceNameOf } from './source-name.ts'
import type { Tool } from './tool.ts'

/**
 * Maximum length of the own description of a tool, in characters: in `ALL_TOOLS`, and in the description of `exec`,
 * which costs tokens on every turn.
 */
const maxDescription = 16_384
const maxWrittenDescription = 2048
/** Maximum length of a declaration, in characters. A longer one is not worth its tokens to a model. */
const maxDeclaration = 65_536

/** A tool of a catalogue, which cells call as `tools.<identifier>`. */
export interface CatalogueEntry {
  readonly identifier: string
  readonly tool: Tool
  /** Whether programs can call it. */
  readonly isNested: boolean
  /**
   * The name as its server spells it, with that of the server if needed: `"echo" of server "my-server"`. Null if the
   * identifier consists of these names.
   */
  readonly sourceName: string | null
  /** The description of the tool with its declaration, as `ALL_TOOLS` has it. */
  readonly description: string
  /** The same, shortened for the description of `exec`. */
  readonly writtenDescription: string
}

/** An entry that renders its descriptions on first use. */
export class DescribedTool implements CatalogueEntry {
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

  get sourceName(): string | null {
    return sourceNameOf(this.identifier, this.tool)
  }

  /**
   * The description of the tool with its declaration; rendered on first use, because rendering thousands takes time.
   */
  get description(): string {
    this.#description ??= this.#describe(maxDescription)
    return this.#description
  }

  /** The same, shortened for the description of `exec`. */
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
      sourceName: this.sourceName,
    }
    const whole = augmentedDescription({ ...described, outputSchema })
    const isTooLong = whole.length > described.description.length + maxDeclaration
    return isTooLong ? augmentedDescription({ ...described, outputSchema: undefined }) : whole
  }
}
