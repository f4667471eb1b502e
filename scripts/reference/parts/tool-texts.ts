import { runCodex, type CodexSettings } from '../../../test/codex-cli/codex-run.ts'
import type { ModelRequest } from '../../../test/codex-cli/model-server.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { catalogueOf } from './catalogue.ts'

type Mode = Omit<CodexSettings, 'protocol'>

/** The tools that a model receives in each mode: names, texts, schemas and grammars. */
export const toolTexts: Part = {
  name: 'texts',
  title: 'Tool texts of the model',
  isTimed: false,
  async collect({ codex }): Promise<Facts> {
    const [newest] = catalogueOf(codex)
    const modes: Readonly<Record<string, Mode>> = {
      'exec only': { features: ['code_mode_only = true'] },
      'exec and direct tools': { model: 'gpt-5.5', features: ['code_mode = true'] },
      'unknown model': { model: 'unknown-model', features: ['code_mode_only = true'] },
      'first model of the catalogue': { model: newest?.slug ?? '' },
    }
    const facts: Record<string, unknown> = {}
    for (const [name, mode] of Object.entries(modes)) {
      const { requests } = await runCodex({ ...mode, codex, protocol: 'grpc', steps: [] })
      Object.assign(facts, textFacts(requests[0] ?? {}, name))
    }
    return facts
  },
}

/** Returns the facts about the tools in the first request of a turn. */
export function textFacts(request: ModelRequest, mode: string): Facts {
  const facts: Record<string, unknown> = {
    [`${mode}: members of the request`]: Object.keys(request).toSorted().join('\n'),
    [`${mode}: types of the input`]: inputOf(request)
      .map(({ type, role }) => `${String(type)} ${typeof role === 'string' ? role : ''}`.trimEnd())
      .join('\n'),
  }
  const tools = toolsIn(request)
  facts[`${mode}: tools`] = tools.map(([path]) => path).join('\n')
  for (const [path, { description, ...definition }] of tools) {
    facts[`${mode}: ${path}, text`] = typeof description === 'string' ? description : null
    facts[`${mode}: ${path}, definition`] = definitionText(definition)
  }
  return facts
}

type Tool = Readonly<Record<string, unknown>>

/** Returns the tools of a request with their paths: its own list, and those of the input item `additional_tools`. */
export function toolsIn(request: ModelRequest): readonly (readonly [path: string, tool: Tool])[] {
  const items = inputOf(request).filter(({ type }) => type === 'additional_tools')
  const tools = [request, ...items].flatMap((each) =>
    Array.isArray(each['tools']) ? each['tools'].filter(isRecord) : [],
  )
  return tools.flatMap((tool) => flattened(tool, ''))
}

function inputOf({ input }: ModelRequest): readonly Tool[] {
  return Array.isArray(input) ? input.filter(isRecord) : []
}

function flattened(tool: Tool, namespace: string): readonly (readonly [string, Tool])[] {
  const { tools, ...rest } = tool
  const path = `${namespace}${String(tool['name'] ?? tool['type'])}`
  const inner = Array.isArray(tools) ? tools.filter(isRecord) : []
  return [[path, rest], ...inner.flatMap((each) => flattened(each, `${path}.`))]
}

/** Returns a definition as indented JSON. A grammar keeps its lines. */
function definitionText(definition: Tool): string {
  return JSON.stringify(definition, null, 1).replaceAll(String.raw`\n`, '\n')
}
