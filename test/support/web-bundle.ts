import { parse, type AnyNode } from 'acorn'
import { rolldown } from 'rolldown'
import { webVariants } from '../../scripts/web-variants.ts'

/** Names that only Node has, and those of CommonJS. */
const nodeNames = new Set([
  'Buffer',
  'process',
  'setImmediate',
  'clearImmediate',
  'global',
  'require',
  '__dirname',
  '__filename',
])

/** Bundles modules as for `codecell/portable`, and returns what the code needs of Node. */
export async function nodeUsesOf(modules: readonly string[]): Promise<readonly string[]> {
  await using build = await rolldown({
    input: [...modules],
    platform: 'browser',
    plugins: [webVariants()],
    external: (id) => !/^[./]/.test(id),
    logLevel: 'silent',
  })
  const { output } = await build.generate({ format: 'esm', minify: false })
  return output.flatMap((chunk) => {
    if (chunk.type !== 'chunk') return []
    const imported = [...chunk.imports, ...chunk.dynamicImports].filter((id) => /^(?:node:|fs$|path$|module$)/.test(id))
    return [...imported, ...freeNamesOf(chunk.code)].map((name) => `${chunk.fileName}: ${name}`)
  })
}

/** Returns the names of Node that a program reads. Names of properties do not count. */
function freeNamesOf(code: string): readonly string[] {
  const found = new Set<string>()
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node, parent, key) => {
    if (node.type !== 'Identifier' || !nodeNames.has(node.name)) return
    const isPropertyName =
      (key === 'property' && parent.type === 'MemberExpression' && !parent.computed) ||
      (key === 'key' && 'computed' in parent && !parent.computed && !('shorthand' in parent && parent.shorthand))
    if (!isPropertyName) found.add(node.name)
  })
  return [...found]
}

type Visitor = (node: AnyNode, parent: AnyNode, key: string) => void

function visit(node: AnyNode, visitor: Visitor): void {
  for (const [key, value] of Object.entries(node)) {
    const children: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const child of children) {
      if (!isNode(child)) continue
      visitor(child, node, key)
      visit(child, visitor)
    }
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
