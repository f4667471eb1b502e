import { CodecellError } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { DescribedTool } from '../tools/catalogue-entry.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'

/**
 * Returns the tools of a cell that began in an earlier process: those that it began with, whatever the session has. A missing tool
 * rejects its calls. `json` is the JSON text of `ALL_TOOLS` as it was. Throws `SESSION_INVALID`.
 */
export function restoredCatalogue(json: string, current: Catalogue): Catalogue {
  const tools = new Map(identifiersOf(json).map((name) => [name, current.find(name) ?? missingTool(name)]))
  return {
    ...current,
    entries: [...tools].map(([name, tool]) => new DescribedTool(name, tool)),
    find: (identifier) => tools.get(identifier),
    json,
  }
}

function missingTool(identifier: string): Tool {
  return {
    name: identifier,
    takesAnyInput: true,
    call: () => {
      throw new TypeError(`tool \`${identifier}\` is no longer available: the session was opened again without it`)
    },
  }
}

function identifiersOf(json: string): readonly string[] {
  const tools: unknown = parsed(json)
  const names = Array.isArray(tools)
    ? tools.map((tool: unknown) => (isRecord(tool) && typeof tool['name'] === 'string' ? tool['name'] : null))
    : [null]
  const good = names.filter((name) => name !== null)
  if (good.length === names.length) return good
  throw new CodecellError('SESSION_INVALID', 'Cannot resume a cell: the tools that it began with cannot be read')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
