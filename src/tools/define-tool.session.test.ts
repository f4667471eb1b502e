import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createSession } from '../session/create-session.ts'
import { sharedHosts } from '../../test/support/hosts.ts'
import { textsOf } from '../../test/support/texts.ts'
import { defineTool } from './define-tool.ts'
import type { Tool } from './tool.ts'

const hosts = sharedHosts('in-process')

const definitions: Readonly<Record<string, () => Tool>> = {
  zod: () =>
    defineTool({
      name: 'forecast',
      description: 'The weather in a city',
      input: z.object({ city: z.string().transform((city) => city.toUpperCase()), days: z.number().default(3) }),
      output: z.object({ celsius: z.number() }),
      run(input) {
        expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>()
        return { celsius: input.days, secret: input.city, city: input.city }
      },
    }),
  ArkType: () =>
    defineTool({
      name: 'forecast',
      description: 'The weather in a city',
      input: type({ city: type('string').pipe((city) => city.toUpperCase()), days: 'number = 3' }),
      output: type({ '+': 'delete', celsius: 'number' }),
      run(input) {
        expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>()
        return { celsius: input.days, secret: input.city }
      },
    }),
  Valibot: () =>
    defineTool({
      name: 'forecast',
      description: 'The weather in a city',
      input: toStandardJsonSchema(
        v.object({
          city: v.pipe(
            v.string(),
            v.transform((city) => city.toUpperCase()),
          ),
          days: v.optional(v.number(), 3),
        }),
      ),
      output: toStandardJsonSchema(v.object({ celsius: v.number() })),
      async run(input) {
        expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>()
        return await Promise.resolve({ celsius: input.days, secret: input.city })
      },
    }),
}

test.each(Object.entries(definitions))(
  'a tool with schemas of %s describes, validates and transforms its input and result',
  async (_vendor, define) => {
    await using session = await createSession({ hosts, tools: [define()] })
    expect(session.catalogue.entries[0]?.description).toMatch(/city: string.*days\?: number.*celsius: number/s)
    const outcome = await session.execute(`
      text(await tools.forecast({ city: 'Oslo', days: 5 }))
      text(await tools.forecast({ city: 'Oslo' }))
      try { await tools.forecast({ city: 7 }) } catch (error) { text(error.split('\\n').slice(0, 2).join('|')) }`)
    expect(textsOf(outcome)).toEqual([
      '{"celsius":5}',
      '{"celsius":3}',
      expect.stringMatching(/^tool `forecast` was not called because its input does not fit its schema:\|- .*city/),
    ])
  },
)

test('a Standard Schema in inputSchema validates the input before call() gets it', async () => {
  const inputs: unknown[] = []
  const add: Tool = {
    name: 'add',
    inputSchema: z.object({ a: z.number(), b: z.number().default(1) }),
    outputSchema: z.object({ sum: z.number() }),
    call: (input) => {
      inputs.push(input)
      return { sum: 3, extra: true }
    },
  }
  await using session = await createSession({ hosts })
  session.setTools([add])
  expect(session.catalogue.entries[0]?.description).toMatch(/add\(args: \{\s+a: number;/)
  const source = `text(await tools.add({ a: 2 })); await tools.add({ a: 'x' })`
  expect(await session.execute(source)).toMatchObject({
    type: 'failed',
    items: [{ text: '{"sum":3}' }],
    errorText: expect.stringContaining('its input does not fit its schema:\n- a: '),
  })
  expect(inputs).toEqual([{ a: 2, b: 1 }])
})

test.each<[string, object]>([
  ['a schema of Valibot alone', v.object({})],
  ['a class instance', new Map()],
  ['a function', () => null],
])('createSession() rejects a tool whose schema is %s', async (_name, schema) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as it may come from JavaScript
  const tool = { name: 'add', inputSchema: schema as { readonly [keyword: string]: unknown }, call: () => 1 }
  await expect(createSession({ hosts, tools: [tool] })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(/^Cannot use the "inputSchema" of tool "add": /),
  })
})

test('a call with an invalid input reaches neither an approver nor the tool', async () => {
  const reached: string[] = []
  const send = defineTool({
    name: 'send',
    input: z.object({ to: z.email() }),
    needsApproval: 'ask',
    run: () => reached.push('run'),
  })
  await using session = await createSession({
    hosts,
    tools: [send],
    approvals: { onRequest: () => (reached.push('approver'), { type: 'allow' }) },
  })
  await session.execute(`await tools.send({ to: 'nobody' }).catch(() => null)`)
  expect(reached).toEqual([])
  await session.execute(`await tools.send({ to: 'ada@example.org' })`)
  expect(reached).toEqual(['approver', 'run'])
})

test('an asynchronous schema validates the input when the tool is called', async () => {
  const known = z.string().refine(async (id) => await Promise.resolve(id === 'known'), 'unknown id')
  const find = defineTool({ name: 'find', input: z.object({ id: known }), run: ({ id }) => id })
  await using session = await createSession({ hosts, tools: [find] })
  const source = `for (const id of ['known', 'other']) text(await tools.find({ id }).catch((error) => error))`
  expect(textsOf(await session.execute(source))).toEqual([
    'known',
    'the input does not match the schema of the tool: id: unknown id',
  ])
})

test('needsApproval() and revert() get the validated input', async () => {
  const given: unknown[] = []
  const write = defineTool({
    name: 'write',
    input: z.object({ path: z.string().default('notes') }),
    needsApproval: ({ path }) => {
      given.push(`policy ${path}`)
      return 'allow'
    },
    revert: ({ input: { path }, result }) => given.push(`revert ${path} ${JSON.stringify(result)}`),
    run: ({ path }) => path.length,
  })
  await using session = await createSession({ hosts, tools: [write] })
  await session.execute('await tools.write({})')
  expect(await session.revert('1')).toMatchObject({ calls: [{ type: 'reverted' }] })
  expect(given).toEqual(['policy notes', 'revert notes 5'])
})

test('a result that does not fit the output schema fails the call, whose outcome is unknown', async () => {
  const broken = defineTool({
    name: 'broken',
    output: z.object({ id: z.number() }),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as it may come from JavaScript
    run: () => ({ id: '7' }) as unknown as { id: number },
  })
  await using session = await createSession({ hosts, tools: [broken] })
  expect(await session.execute('await tools.broken()')).toMatchObject({
    type: 'failed',
    errorText: expect.stringContaining('the result of tool `broken` does not fit its schema: id: '),
  })
  expect(session.ledger('1')).toMatchObject([{ state: 'unknown' }])
})

test('a tool that is an instance of a class keeps its methods when its schema is resolved', async () => {
  class Counter implements Tool {
    readonly name = 'count'
    readonly inputSchema = z.object({ by: z.number() })
    #sum = 0
    needsApproval(): 'allow' {
      return this.#sum >= 0 ? 'allow' : 'allow'
    }
    call(input: unknown): number {
      this.#sum += Number(Object(input).by)
      return this.#sum
    }
  }
  await using session = await createSession({ hosts, tools: [new Counter()] })
  expect(textsOf(await session.execute('await tools.count({ by: 2 }); text(await tools.count({ by: 3 }))'))).toEqual([
    '5',
  ])
})

test.each<[object, string]>([
  [{ inputSchema: {} }, 'it belongs to the option "input"'],
  [{ execute: () => 1 }, 'it belongs to the option "run"'],
  [{ discription: 'x' }, 'did you mean "description"?'],
  [{ input: 'string' }, 'Cannot use the "input" of tool "x": expected JSON Schema or a Standard Schema, got "string"'],
])('defineTool() rejects %j', (extra, text) => {
  expect(() => defineTool(Object.assign({ name: 'x', run: () => 1 }, extra))).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(text) }),
  )
})

test('defineTool() types the input and the result', () => {
  defineTool({ name: 'any', run: (input) => expectTypeOf(input).toBeUnknown() })
  defineTool({
    name: 'json',
    input: { type: 'object' },
    output: { type: 'string' },
    run(input) {
      expectTypeOf(input).toBeUnknown()
      return 7
    },
  })
  const json = z.toJSONSchema(z.object({ days: z.number() }))
  defineTool({ name: 'converted', input: json, run: (input) => expectTypeOf(input).toBeUnknown() })
  defineTool({
    name: 'wrong',
    output: z.object({ id: z.number() }),
    // @ts-expect-error -- the output schema takes a number
    run: () => ({ id: '7' }),
  })
  // @ts-expect-error -- a class instance without "~standard" is not a schema
  const tool: Tool = { name: 'wrong', inputSchema: new Map(), call: () => 1 }
  expect(tool.name).toBe('wrong')
})
