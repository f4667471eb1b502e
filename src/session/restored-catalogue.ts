import { CodecellError } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { DescribedTool } from '../tools/catalogue-entry.ts'
import type { Catalogue } from '../tools/catalogue.ts'
import type { Tool } from '../tools/tool.ts'

/**
 * Restores the catalogue of a cell that an earlier process started. The cell keeps its original tool names. Calls of a tool that the
 * current catalogue lacks are rejected.
 *
 * @param json The recorded JSON of `ALL_TOOLS`.
 * @throws {CodecellError} `SESSION_INVALID` when `json` cannot be parsed.
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
      throw new TypeError(`tool \`${identifier}\` is not available: the session was reopened without it`)
    },
  }
}

function identifiersOf(json: string): readonly string[] {
  const tools: unknown = parseOrNull(json)
  const names = Array.isArray(tools)
    ? tools.map((tool: unknown) => (isRecord(tool) && typeof tool['name'] === 'string' ? tool['name'] : null))
    : [null]
  const validNames = names.filter((name) => name !== null)
  if (validNames.length === names.length) return validNames
  throw new CodecellError('SESSION_INVALID', 'Cannot resume a cell: its recorded catalogue is invalid')
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
