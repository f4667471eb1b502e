import { CodecellError } from '../../errors.ts'
import { adviceFor } from '../../options/check-options.ts'
import { isRecord } from '../../protocol/json.ts'
import type { RevertedCall, Tool, ToolCallContext } from '../../tools/tool.ts'
import { callResultSchema } from './call-result.ts'
import type { McpServerConfig } from './config/mcp-config.ts'
import { filledTemplate, type RevertSetting } from './config/revert-setting.ts'
import { asksForTool, offersTool, unknownToolNames } from './config/tool-filter.ts'
import type { ListedTool } from './mcp-tool-list.ts'

/** Maximum length of a server's instructions, in characters. */
const maxInstructions = 4096

export type CallContext = Pick<ToolCallContext, 'signal' | 'key'>

type CallTool = (tool: ListedTool, input: unknown, context: CallContext) => Promise<unknown>

/** Settings of the configuration that do not fit the tools of a server. */
export class SettingsRefused extends CodecellError {
  constructor(message: string) {
    super('SERVER_START_FAILED', message)
  }
}

/** The tools of a server, as it listed them last and as its configuration offers them. */
export class ServerTools {
  readonly #server: McpServerConfig
  readonly #call: CallTool
  #offered: readonly Tool[] = []
  #listed: readonly ListedTool[] = []
  /** The listed tools and the instructions as JSON, to detect a change. */
  #listing = ''
  readonly #reported = new Set<string>()

  constructor(server: McpServerConfig, call: CallTool) {
    this.#server = server
    this.#call = call
  }

  get offered(): readonly Tool[] {
    return this.#offered
  }

  /** Whether the server has listed its tools. */
  get isListed(): boolean {
    return this.#listing !== ''
  }

  /** Returns whether the server still has a tool that is offered. */
  offers(name: string): boolean {
    return this.#offered.some((tool) => tool.name === name)
  }

  /** Stores a listing. Returns whether it differs from the one before. */
  accept(tools: readonly ListedTool[], instructions: string | undefined): boolean {
    const listing = JSON.stringify([tools, instructions])
    if (listing === this.#listing) return false
    this.#listing = listing
    this.#listed = tools
    const offered = tools.filter(({ name }) => offersTool(this.#server, name))
    this.#offered = offered.map((tool) => this.#toolOf(tool, instructions))
    return true
  }

  /** Returns warnings about names in the lists of the configuration that no tool has. Each name is reported once. */
  unknownNames(tools: readonly ListedTool[]): readonly string[] {
    const names = tools.map(({ name }) => name)
    return unknownToolNames(this.#server, names).flatMap(([list, wanted]) => {
      if (this.#reported.has(wanted)) return []
      this.#reported.add(wanted)
      const advice = adviceFor(wanted, names)
      const text = `${JSON.stringify(list)} has tool ${JSON.stringify(wanted)}, which the server does not have`
      return [advice === '' ? text : `${text}; ${advice}`]
    })
  }

  /**
   * Refuses settings of unknown tools: a policy would be ignored.
   *
   * @throws {CodecellError} SERVER_START_FAILED
   */
  checkSettings(tools: readonly ListedTool[]): void {
    const names = tools.map(({ name }) => name)
    for (const wanted of this.#server.toolSettings?.keys() ?? []) {
      if (names.includes(wanted)) continue
      const advice = adviceFor(wanted, names)
      const text = `the configuration has settings for tool "${wanted}", which the server does not have`
      throw new SettingsRefused(advice === '' ? text : `${text}; ${advice}`)
    }
  }

  #toolOf(tool: ListedTool, instructions: string | undefined): Tool {
    return {
      name: tool.name,
      namespace: `mcp__${this.#server.name}`,
      server: this.#server.name,
      ...(instructions === undefined ? {} : { namespaceDescription: instructions.slice(0, maxInstructions) }),
      kind: 'function',
      description: tool.description,
      inputSchema: tool.inputSchema,
      outputSchema: callResultSchema(tool.outputSchema),
      annotations: tool.annotations,
      ...this.#settingsOf(tool.name),
      call: (input, context) => this.#call(tool, input, context),
    }
  }

  #settingsOf(name: string): Partial<Tool> {
    const { revert, ...others } = this.#server.toolSettings?.get(name) ?? {}
    const settings: Partial<Tool> = asksForTool(this.#server, name) ? { needsApproval: 'ask', ...others } : others
    if (revert === undefined) return settings
    return { ...settings, revert: (call, { signal }) => this.#revert(revert, call, signal) }
  }

  async #revert(setting: RevertSetting, call: RevertedCall, signal: AbortSignal): Promise<void> {
    const tool = this.#listed.find(({ name }) => name === setting.tool)
    if (tool === undefined) {
      throw new TypeError(
        `MCP server "${this.#server.name}" has no tool "${setting.tool}", which would revert the call`,
      )
    }
    const input = filledTemplate(setting.input, call)
    const result = await this.#call(tool, input, { signal, key: `${call.key}/revert` })
    if (!isRecord(result) || result['isError'] !== true) return
    throw new TypeError(
      `tool \`${tool.name}\` did not revert the call: ${JSON.stringify(result['content']).slice(0, 1000)}`,
    )
  }
}
