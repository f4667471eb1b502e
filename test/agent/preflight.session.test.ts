import { expect, test } from 'vitest'
import { createCodeModeTools, createSession, type ModelResponse, type Tool } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'

const tools: Tool[] = [
  { name: 'read_file', call: () => 'content' },
  { name: 'shell', call: () => '' },
]

async function exec(source: string, preflight?: boolean): Promise<ModelResponse> {
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const options = preflight === undefined ? {} : { preflight }
  const { items, ...rest } = await createCodeModeTools(session, options).exec.call(source)
  return { ...rest, items: items.slice(1) }
}

const failed = (text: string): object => ({ items: [{ type: 'input_text', text }], success: false, cellId: null })

test('a program that calls an unknown tool fails before it runs', async () => {
  expect(await exec('store("k", 1); text("before"); await tools.read_fil({ path: "a" })')).toEqual(
    failed(`Script error:
TypeError: tools.read_fil is not a function: unknown tool
    at exec_main.mjs:1:44
> 1 | store("k", 1); text("before"); await tools.read_fil({ path: "a" })
    |                                            ^
Did you mean \`read_file\`?
The tools are \`read_file\`, \`shell\`.
Nothing of the script has run.`),
  )
})

test('a program that calls an unknown tool fails at the call without the pre-flight', async () => {
  const { items } = await exec('text("before"); await tools.read_fil({ path: "a" })', false)
  expect(items).toEqual([
    { type: 'input_text', text: 'before' },
    {
      type: 'input_text',
      text: expect.stringContaining('TypeError: tools.read_fil is not a function\n    at exec_main.mjs:1:29'),
    },
  ])
})

test('a refused program takes no cell number', async () => {
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
  const { exec: run } = createCodeModeTools(session)
  await run.call('tools.nope()')
  expect(
    await run.call('await tools.nope?.(); yield_control(); await new Promise((done) => setTimeout(done, 60000))'),
  ).toMatchObject({ cellId: '1' })
})

test('a syntax error shows its line', async () => {
  expect(await exec('const a = 1\nconst b = ;')).toEqual(
    failed(`Script error:
SyntaxError: Unexpected token ';'
    at exec_main.mjs:2:11
  1 | const a = 1
> 2 | const b = ;
    |           ^`),
  )
})

test.each([
  ['git status', 'SyntaxError: Unexpected identifier'],
  ['ls -la', 'ReferenceError: ls is not defined'],
  ['#!/bin/bash\ncd src && ls', 'SyntaxError: '],
])('the error of the shell command %j says that exec takes JavaScript', async (source, error) => {
  const { items } = await exec(source)
  expect(items).toEqual([{ type: 'input_text', text: expect.stringContaining(error) }])
  expect(items).toEqual([
    {
      type: 'input_text',
      text: expect.stringContaining(
        '\nexec takes a JavaScript program, not a shell command; commands run with tools.shell.',
      ),
    },
  ])
})

test.each(['throw new SyntaxError("x")', 'JSON.parse("{")', 'find(1)', 'const make = 1; throw make'])(
  'an error of the program itself gets no advice: %s',
  async (source) => {
    const [item] = (await exec(source)).items
    const [bare] = (await exec(source, false)).items
    expect(item).toEqual(bare)
  },
)
