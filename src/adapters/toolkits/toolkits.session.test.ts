import { tool as langChainTool } from '@langchain/core/tools'
import { toolDefinition } from '@tanstack/ai'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createSession } from '../../session/create-session.ts'
import type { Tool } from '../../tools/tool.ts'
import { fromFunctions } from './from-functions.ts'
import { fromLangChain } from './from-lang-chain.ts'
import { fromMastra } from './from-mastra.ts'
import { fromTanStack } from './from-tan-stack.ts'
import { callContext } from '../../../test/fixtures/call-context.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'

const hosts = sharedHosts('in-process')

const inputSchema = z.object({ city: z.string(), days: z.coerce.number().default(3) })
const outputSchema = z.object({ text: z.string() })

const forecast = ({ city, days }: z.infer<typeof inputSchema>): { text: string } => ({ text: `${city} ${days}` })

/** A tool as `createTool` of Mastra 1.71 makes it: it checks its input and returns what does not fit. */
const mastraTool = {
  id: 'forecast',
  description: 'Tells the weather',
  inputSchema,
  outputSchema,
  requireApproval: false,
  execute(input: unknown) {
    const { data, error } = inputSchema.safeParse(input)
    if (data !== undefined) return Promise.resolve(forecast(data))
    return Promise.resolve({ error: true, message: 'Tool input validation failed', validationErrors: error })
  },
}

const makes: Readonly<Record<string, () => Tool[]>> = {
  'plain functions': () =>
    fromFunctions({
      forecast: {
        description: 'Tells the weather',
        input: inputSchema,
        output: outputSchema,
        run: ({ city, days }) => forecast({ city, days }),
      },
    }),
  LangChain: () => [
    fromLangChain(
      langChainTool((input) => forecast(input), {
        name: 'forecast',
        description: 'Tells the weather',
        schema: inputSchema,
      }),
    ),
  ],
  Mastra: () => [fromMastra(mastraTool)],
  TanStack: () => [
    fromTanStack(
      toolDefinition({ name: 'forecast', description: 'Tells the weather', inputSchema, outputSchema }).server(
        ({ city, days }) => forecast({ city, days: Number(days) }),
      ),
    ),
  ],
}

test.each(Object.entries(makes))(
  'a cell calls a tool of %s, which describes and checks its input',
  async (_make, make) => {
    await using session = await createSession({ hosts, tools: make() })
    const { entries } = session.catalogue
    expect(entries.map(({ identifier }) => identifier)).toEqual(['forecast'])
    expect(entries[0]?.description).toContain('Tells the weather')
    expect(entries[0]?.tool.inputSchema).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' }, days: { default: 3 } },
      required: ['city'],
    })
    const outcome = await session.execute(`
    text(await tools.forecast({ city: 'Rome', days: '5' }))
    text(await tools.forecast({ city: 'Oslo' }))
    try { await tools.forecast({ city: 7 }) } catch (error) { text(typeof error + (error.length > 10)) }`)
    expect(outcome).toMatchObject({
      type: 'completed',
      items: [{ text: '{"text":"Rome 5"}' }, { text: '{"text":"Oslo 3"}' }, { text: 'stringtrue' }],
    })
  },
)

test('a bare function becomes a tool that receives the context of the call', async () => {
  const tools = fromFunctions({ echo: (input, { callId }) => [input, callId] })
  await using session = await createSession({ hosts, tools })
  const outcome = await session.execute('text(await tools.echo({ a: 1 }))')
  expect(outcome).toMatchObject({ items: [{ text: '[{"a":1},"tool-1"]' }] })
})

test('adapted tools keep their need for an approval', () => {
  const asks = [
    fromMastra({ ...mastraTool, requireApproval: true }),
    fromMastra({ ...mastraTool, requireApproval: () => false }),
    fromMastra({ ...mastraTool, needsApprovalFn: () => false }),
    fromTanStack({ name: 't', needsApproval: true, execute: () => 1 }),
    ...fromFunctions({ f: { needsApproval: 'ask', run: () => 1 } }),
  ]
  expect(asks.map(({ needsApproval }) => needsApproval)).toEqual(['ask', 'ask', 'ask', 'ask', 'ask'])
})

test('a tool without a function rejects its calls', async () => {
  const context = callContext()
  await expect(fromMastra({ ...mastraTool, execute: undefined }).call({}, context)).rejects.toThrow(
    'tool `forecast` has no function that can be called here',
  )
  await expect(fromTanStack({ name: 't' }).call({}, context)).rejects.toThrow('tool `t` runs in a browser')
})
