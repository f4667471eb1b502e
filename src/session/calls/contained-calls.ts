import { parse } from 'acorn'
import { isRecord } from '../../protocol/json.ts'

/** Maximum length of a source to analyze, in UTF-16 code units. */
const maxLength = 256 * 1024

/** Returns the distinct tools that a program calls as `tools.name(…)`. Returns none when `tools` can be another object. */
export function containedCalls(source: string): readonly string[] {
  if (source.length > maxLength || !source.includes('tools')) return []
  try {
    return callsIn(parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }))
  } catch {
    // The parser does not support the syntax of the program, or its nesting depth.
    return []
  }
}

function callsIn(program: unknown): readonly string[] {
  const names = new Set<string>()
  const nodes: unknown[] = [program]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (Array.isArray(node)) {
      for (let index = node.length - 1; index >= 0; index--) nodes.push(node[index] ?? null)
      continue
    }
    if (!isRecord(node)) continue
    // A local `tools` shadows the global one.
    if (declaresTools(node)) return []
    const name = node['type'] === 'CallExpression' ? calledTool(node['callee']) : null
    if (name !== null) names.add(name)
    for (const child of Object.values(node).toReversed()) if (typeof child === 'object') nodes.push(child)
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
  // `const { tools } = …`, `({ tools }) => …`; also `{ tools }` as a value, which passes it to other code.
  return type === 'Property' && isTools(value) && isTools(key)
}

function isTools(node: unknown): boolean {
  return isRecord(node) && node['type'] === 'Identifier' && node['name'] === 'tools'
}
