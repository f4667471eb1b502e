import { setTimeout as delay } from 'node:timers/promises'
import { execDescription } from '../src/agent.ts'
import { createSession, type Tool } from '../src/index.ts'

// node scripts/measure-catalogue.ts: the cost of many tools, for the table of docs/performance.md.

console.log(
  '| tools | session and first cell, ms | later cells, p50, ms | description, bytes | first search, ms | later, ms |',
)
console.log('| --: | --: | --: | --: | --: | --: |')
for (const count of [10, 1000, 10_000]) console.log(await rowOf(count))

async function rowOf(count: number): Promise<string> {
  const tools = Array.from({ length: count }, (_, n) => toolOf(n))
  const startedAt = performance.now()
  // Without a budget, `tool_search` exists with few tools too.
  await using session = await createSession({ tools, declarationTokens: count > 10 ? 2000 : 0 })
  const once = async (source: string): Promise<number> => {
    const from = performance.now()
    const { type } = await session.execute(source)
    if (type !== 'completed') throw new Error(`cell ended as ${type}`)
    return performance.now() - from
  }
  await once('text(1)')
  const first = performance.now() - startedAt
  const cells: number[] = []
  for (let round = 0; round < 60; round++) {
    await delay(60)
    cells.push(await once('text(1)'))
  }
  const median = cells.sort((a, b) => a - b)[30] ?? Number.NaN
  const search = 'await tools.tool_search({ query: "thing 7 calendar" })'
  const searches = [await once(search), await once(search)].map((time) => time.toFixed(0))
  const bytes = Buffer.byteLength(execDescription(session.catalogue))
  return `| ${[count, first.toFixed(0), median.toFixed(1), bytes, ...searches].join(' | ')} |`
}

function toolOf(n: number): Tool {
  const properties = { path: { type: 'string', description: 'where' }, count: { type: 'integer' } }
  return {
    name: `tool_${n}`,
    namespace: 'mcp__big',
    description: `Does thing number ${n} with calendars and files`,
    inputSchema: { type: 'object', properties, required: ['path'] },
    call: () => null,
  }
}
