import { readFileSync, writeFileSync } from 'node:fs'
import { renderSchema } from '../src/declarations/render-schema.ts'
import { declareTool, type DeclaredTool } from '../src/declarations/render-tool.ts'
import { isRecord } from '../src/protocol/json.ts'
import { isSchema } from '../src/declarations/schema.ts'
import { corpus } from '../test/declarations/corpus.ts'
import { replaceBetweenMarkers } from './performance-page.ts'
import { installPackage, loadModule, method, moduleUrl, type RivalPackage } from './rivals/rival-package.ts'

// npm run bench:declarations [-- --write]: measures the tokens of the declarations of many tools, without their
// descriptions.

const packages = ['json-schema-to-typescript@16.0.0', 'gpt-tokenizer@4.0.0']
const generator: RivalPackage = {
  folder: 'declarations',
  packages,
  entry: 'json-schema-to-typescript/dist/src/index.js',
}
const tokenizer: RivalPackage = { ...generator, entry: 'gpt-tokenizer/esm/encoding/o200k_base.js' }

type Way = { readonly name: string; readonly text: (tool: DeclaredTool) => string | Promise<string> }

await installPackage(generator)
const encode = method(await loadModule(moduleUrl(tokenizer)), 'encode')
const tools = corpus()
const ways: readonly Way[] = [
  { name: 'codecell', text: ours },
  { name: 'the style of the reference', text: referenceStyle },
  { name: 'json-schema-to-typescript 16.0.0', text: await generated() },
  {
    name: 'JSON Schema',
    text: ({ inputSchema, outputSchema }) => JSON.stringify([inputSchema, structured(outputSchema)]),
  },
]

const rows: string[] = []
for (const way of ways) rows.push(await measure(way))
const header = `${tools.length} tools | o200k tokens | of each | bytes / 4 | ms`
const report = [`| ${header} |`, '| --- | --: | --: | --: | --: |', ...rows].join('\n')
console.log(report)
const page = new URL('../docs/performance.md', import.meta.url)
if (process.argv.includes('--write')) {
  writeFileSync(page, replaceBetweenMarkers(readFileSync(page, 'utf8'), report, 'declarations'))
}

async function measure({ name, text }: Way): Promise<string> {
  const times: number[] = []
  let texts: string[] = []
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    texts = []
    for (const tool of tools) texts.push(await text(tool))
    times.push(performance.now() - started)
  }
  const tokens = texts.reduce((sum, one) => sum + tokensOf(one), 0)
  const bytes = texts.reduce((sum, one) => sum + Buffer.byteLength(one), 0)
  const median = times.sort((a, b) => a - b)[2] ?? 0
  const figures = [tokens, Math.round(tokens / tools.length), Math.round(bytes / 4)]
  return `| ${[name, ...figures.map((figure) => figure.toLocaleString('en')), median.toFixed(1)].join(' | ')} |`
}

function tokensOf(text: string): number {
  const encoded = encode(text)
  if (!Array.isArray(encoded)) throw new TypeError('tokenizer did not return a list')
  return encoded.length
}

function ours(tool: DeclaredTool): string {
  const { signature, named } = declareTool(tool, { typePrefix: null, unknownResult: 'unknown' })
  return [...named, `declare const tools: { ${signature} };`].join('\n')
}

/** The style of the reference: one expression, with the descriptions of properties and nothing else. */
function referenceStyle({ identifier, inputSchema, outputSchema }: DeclaredTool): string {
  return `declare const tools: { ${identifier}(args: ${renderSchema(inputSchema)}): Promise<${resultOf(outputSchema)}>; };`
}

/** The reference names the results of MCP tools. */
function resultOf(schema: unknown): string {
  const properties = isRecord(schema) && isRecord(schema['properties']) ? schema['properties'] : {}
  if (!('content' in properties && 'isError' in properties && '_meta' in properties)) return renderSchema(schema)
  return `CallToolResult<${renderSchema(properties['structuredContent'])}>`
}

async function generated(): Promise<(tool: DeclaredTool) => Promise<string>> {
  const compile = method(await loadModule(moduleUrl(generator)), 'compile')
  const options = { bannerComment: '', $refOptions: { resolve: { http: false, file: false } } }
  const textOf = async (schema: unknown, name: string): Promise<string> =>
    schema === undefined ? '' : String(await compile(structuredClone(schema), name, options))
  return async ({ identifier, inputSchema, outputSchema }) =>
    (await textOf(inputSchema, `${identifier}_input`)) +
    (await textOf(structured(outputSchema), `${identifier}_output`))
}

function structured(outputSchema: unknown): unknown {
  const properties = isSchema(outputSchema) ? outputSchema['properties'] : undefined
  return isSchema(properties) ? properties['structuredContent'] : undefined
}
