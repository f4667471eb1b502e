// Tools of LangChain, Mastra and TanStack AI, and plain functions, in one program. It needs no model. Run: npm start
import { tool } from '@langchain/core/tools'
import { createTool } from '@mastra/core/tools'
import { toolDefinition } from '@tanstack/ai'
import { createSession } from 'codecell'
import { fromFunctions, fromLangChain, fromMastra, fromTanStack } from 'codecell/tools'
import { z } from 'zod'

const prices = new Map([
  ['tea', 4],
  ['coffee', 6],
])

const langChainTool = tool(({ query }) => [...prices.keys()].filter((name) => name.includes(query)), {
  name: 'search_products',
  description: 'Returns the names of products that contain the query',
  schema: z.object({ query: z.string() }),
})

const mastraTool = createTool({
  id: 'get_price',
  description: 'Returns the price of a product',
  inputSchema: z.object({ name: z.string() }),
  outputSchema: z.object({ price: z.number() }),
  async execute({ name }) {
    const price = prices.get(name)
    if (price === undefined) throw new Error(`Cannot find the price: unknown product "${name}"`)
    return { price }
  },
})

const tanStackTool = toolDefinition({
  name: 'convert',
  description: 'Converts euros to dollars',
  inputSchema: z.object({ euros: z.number().positive() }),
  outputSchema: z.number(),
}).server(({ euros }) => euros * 1.1)

const functions = fromFunctions({ today: () => '2026-12-01' })

await using session = await createSession({
  tools: [fromLangChain(langChainTool), fromMastra(mastraTool), fromTanStack(tanStackTool), ...functions],
})

// A program as a model writes it. Each toolkit validates the input of its tools, and the program can catch the error.
const outcome = await session.execute(`
  const names = await tools.search_products({ query: 'e' })
  const prices = await Promise.all(names.map((name) => tools.get_price({ name })))
  const total = prices.reduce((sum, { price }) => sum + price, 0)
  text(\`\${names.join(' and ')} on \${await tools.today()}: $\${await tools.convert({ euros: total })}\`)
  try { await tools.convert({ euros: -1 }) } catch (error) { text(\`refused: \${error}\`) }
`)
for (const item of 'items' in outcome ? outcome.items : []) if (item.type === 'input_text') console.log(item.text)
if (outcome.type !== 'completed') throw new Error(`The program did not complete: ${JSON.stringify(outcome)}`)
