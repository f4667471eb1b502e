import { readFileSync, writeFileSync } from 'node:fs'
import { codeMode } from '../src/openai-responses.ts'
import { expectedReport, invoiceTools, prompts, reportScripts, shortScripts, type Script } from './code-mode/tasks.ts'
import { replaceBetweenMarkers } from './performance-page.ts'
import { installPackage, loadModule, method, moduleUrl, type RivalPackage } from './rivals/rival-package.ts'

// npm run bench:code-mode [-- --write]: counts the turns and tokens of the same task with plain tool calls and with a
// program, for docs/why-code-mode.md.

const tokenizer: RivalPackage = {
  folder: 'tokenizer',
  packages: ['gpt-tokenizer@4.0.0'],
  entry: 'gpt-tokenizer/esm/encoding/o200k_base.js',
}
await installPackage(tokenizer)
const encode = method(await loadModule(moduleUrl(tokenizer)), 'encode')

const page = new URL('../docs/why-code-mode.md', import.meta.url)
const source = readFileSync(page, 'utf8')
const [, program = ''] = /```js\n([\s\S]*?)```/.exec(source) ?? []
const report = expectedReport()
const conclusion = `${report.map(([customer]) => customer).join(', ')}.`

const rows: string[] = []
for (const script of reportScripts(program, conclusion)) rows.push(await measure(script, prompts.report))
for (const script of shortScripts()) rows.push(await measure(script, prompts.one))
const columns = 'task and way | turns | tool calls in the conversation | input tokens | largest request | output tokens'
const table = [`| ${columns} |`, '| --- | --: | --: | --: | --: | --: |', ...rows].join('\n')
console.log(table)
if (process.argv.includes('--write')) writeFileSync(page, replaceBetweenMarkers(source, table, 'code-mode'))

/** Plays the turns of a script and returns its row. */
async function measure({ name, isDirect, turns }: Script, prompt: string): Promise<string> {
  await using mode = await codeMode({ tools: invoiceTools(isDirect) })
  const tools = mode.tools.filter((tool) => ['exec', 'wait'].includes(tool.name) !== isDirect)
  const input: object[] = [{ role: 'user', content: prompt }]
  const requests: number[] = []
  let outputTokens = 0
  let calls = 0
  for (const output of turns) {
    requests.push(tokensOf({ tools, input }))
    outputTokens += tokensOf(output)
    calls += output.filter(({ type }) => type !== 'message').length
    input.push(...output, ...(await mode.runToolCalls(output)))
  }
  checkReport(input, isDirect || prompt !== prompts.report)
  const sum = requests.reduce((total, tokens) => total + tokens, 0)
  const figures = [turns.length, calls, sum, Math.max(...requests), outputTokens]
  return `| ${[name, ...figures.map((figure) => figure.toLocaleString('en'))].join(' | ')} |`
}

/** Throws unless the program printed the report. */
function checkReport(input: readonly object[], isExempt: boolean): void {
  const printed = JSON.stringify(JSON.stringify(report)).slice(1, -1)
  if (isExempt || JSON.stringify(input).includes(printed)) return
  throw new Error(
    `Cannot compare both ways: expected the program to print ${printed}, got ${JSON.stringify(input.at(-2))}`,
  )
}

/** Returns the number of o200k tokens of a value as JSON. */
function tokensOf(value: unknown): number {
  const tokens = encode(JSON.stringify(value))
  if (!Array.isArray(tokens)) throw new TypeError('Cannot count tokens: the tokenizer returned no array')
  return tokens.length
}
