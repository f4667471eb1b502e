import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DeclaredTool } from '../../src/declarations/render-tool.ts'
import { isRecord } from '../../src/protocol/json.ts'

const carried = fileURLToPath(new URL('carried-tools.json', import.meta.url))
const schemas = fileURLToPath(new URL('../../../shared/reference/schemas/', import.meta.url))
const recorded = fileURLToPath(new URL('../../../shared/reference/declarations/mcp-shapes.json', import.meta.url))

/** The tools of this directory, and those of real MCP servers when their recordings are present. */
export function corpus(): readonly DeclaredTool[] {
  const files = [carried, ...globSync(`${schemas}*.json`).sort()]
  return files.flatMap((file) => {
    const tools: readonly unknown[] = JSON.parse(readFileSync(file, 'utf8'))
    return tools.filter(isRecord).map((tool) => declared(`${basename(file, '.json')}_${String(tool['name'])}`, tool))
  })
}

/** Schemas with recorded declarations of the reference. */
export function recordedShapes(): readonly DeclaredTool[] {
  if (!existsSync(recorded)) return []
  const { cases }: { readonly cases: readonly Record<string, unknown>[] } = JSON.parse(readFileSync(recorded, 'utf8'))
  return cases.map((one, at) =>
    declared(`shape_${at}`, { inputSchema: one['input_schema'], outputSchema: one['output_schema'] }),
  )
}

function declared(name: string, { description, inputSchema, outputSchema }: Record<string, unknown>): DeclaredTool {
  const structuredContent = outputSchema === undefined ? {} : { structuredContent: outputSchema }
  const properties = { content: { type: 'array' }, isError: { type: 'boolean' }, _meta: { type: 'object' } }
  return {
    identifier: name.replaceAll(/\W/g, '_'),
    kind: 'function',
    description: typeof description === 'string' ? description : '',
    inputSchema,
    outputSchema: { type: 'object', properties: { ...properties, ...structuredContent } },
  }
}
