import { parse } from 'acorn'
import { isRecord } from '../../protocol/json.ts'

/** Longer sources, in UTF-16 units, are not looked at. */
const maxLength = 256 * 1024

/** Returns the tools that a program calls as `tools.name(…)`, each once; none when that is unclear. */
export function containedCalls(source: string): readonly string[] {
  if (source.length > maxLength || !source.includes('tools')) return []
  try {
    return callsIn(parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }))
  } catch {
    // No program that this parser knows, or one that is nested too deeply for it.
    return []
  }
}

function callsIn(program: unknown): readonly string[] {
  const names = new Set<string>()
  const waiting: unknown[] = [program]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (Array.isArray(node)) {
      for (let index = node.length - 1; index >= 0; index--) waiting.push(node[index] ?? null)
      continue
    }
    if (!isRecord(node)) continue
    // Another `tools` than ours: nothing can be said.
    if (declaresTools(node)) return []
    const name = node['type'] === 'CallExpression' ? calledTool(node['callee']) : null
    if (name !== null) names.add(name)
    for (const child of Object.values(node).toReversed()) if (typeof child === 'object') waiting.push(child)
  }
  return [...names]
}

function calledTool(callee: unknown): string | null {
  if (!isRecord(callee) || callee['type'] !== 'MemberExpression' || !isTools(callee['object'])) return null
  const { property, computed } = callee
  if (!isRecord(property)) return null
  const name = computed === true ? property['value'] : property['name']
  return typeof name === 'string' ? name : null
}

function declaresTools({ type, id, params, value, key }: Record<string, unknown>): boolean {
  if (type === 'VariableDeclarator' || type === 'FunctionDeclaration' || type === 'ClassDeclaration') {
    if (isTools(id)) return true
  }
  if (Array.isArray(params) && params.some((param) => isTools(param))) return true
  // `const { tools } = …`, `({ tools }) => …`; also `{ tools }` as a value, which hands it on.
  return type === 'Property' && isTools(value) && isTools(key)
}

function isTools(node: unknown): boolean {
  return isRecord(node) && node['type'] === 'Identifier' && node['name'] === 'tools'
}
