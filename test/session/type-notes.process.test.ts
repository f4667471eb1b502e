import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { TypeChecker } from '../../src/agent/type-checker.ts'
import { TypeNotes } from '../../src/agent/type-notes.ts'
import { createCatalogue, createExecAndWait, createSession, type Tool } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { TypeStripper } from '../../src/session/type-stripper.ts'

const object = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
})
const tools: Tool[] = [
  {
    name: 'read',
    inputSchema: object({ path: { type: 'string' }, head: { type: 'number' } }, ['path']),
    outputSchema: object(
      { content: { type: 'string' }, lines: { type: 'array', items: object({ no: { type: 'number' } }, ['no']) } },
      ['content', 'lines'],
    ),
    call: () => ({ content: 'x', lines: [] }),
  },
  { name: 'any', call: (input) => input },
  {
    name: 'mcp',
    outputSchema: {
      type: 'object',
      properties: { content: { type: 'array' }, isError: { type: 'boolean' }, _meta: { type: 'object' } },
    },
    call: () => ({ content: [] }),
  },
]
const catalogue = createCatalogue(tools)
const stripper = new TypeStripper()
const notes = new TypeNotes(stripper)
afterAll(async () => {
  await notes[Symbol.asyncDispose]()
  await stripper[Symbol.asyncDispose]()
})

async function noteOn(source: string): Promise<string | null> {
  const note = notes.begin(source, catalogue)
  await note.settled
  return note.text
}

describe('a note names', () => {
  const heading = 'Type notes (the script ran all the same):\n'
  test.each([
    [
      'const r = await tools.read({ path: "a" });\ntext(r.contnt)',
      "2:8 Property 'contnt' does not exist on type '{ content: string; lines: { no: number; }[]; }'. Did you mean 'content'?",
    ],
    [
      'const é = "ü😀"; const { contnt } = await tools.read({ path: "a" })',
      "1:26 Property 'contnt' does not exist on type '{ content: string; lines: { no: number; }[]; }'.",
    ],
    [
      'const r = await tools.read({ path: "a" }); text(r.lines.map((line) => line.number))',
      "1:76 Property 'number' does not exist on type '{ no: number; }'.",
    ],
    [
      'for (const line of (await tools.read({ path: "a" })).lines) text(line.number)',
      "1:71 Property 'number' does not exist on type '{ no: number; }'.",
    ],
    ['const n = 1; await tools.read({ path: n })', "1:33 Type 'number' is not assignable to type 'string'."],
    ['const n: number = 1; await tools.read({ path: n })', "1:41 Type 'number' is not assignable to type 'string'."],
    ['await tools.read({ path: "a" }); console.log(1)', "1:34 Cannot find name 'console'."],
    [
      'await tools.any({}); if (load("x")) tools.nope()',
      "1:43 Property 'nope' does not exist on type '{ any(args: unknown): Promise<any>; }'.",
    ],
  ])('%s', async (source, line) => {
    expect(await noteOn(source)).toBe(heading + line)
  })

  test('five errors of many', async () => {
    const note = await noteOn(`const r = await tools.read({ path: "a" });\n${'r.x;\n'.repeat(8)}`)
    expect(note?.split('\n').slice(5)).toEqual([expect.stringMatching(/^6:3 Property 'x'/), 'and 3 more'])
  })
})

test.each([
  'const r = await tools.read({ path: "a", head: 3 }); text(r.content.length)',
  'const r = await tools.mcp(); text(r.content[0].text); image(r.content[0])',
  'const r = await tools.mcp({}); text(r.structuredContent?.anything.at.all)',
  'const r = await tools.any({ x: 1 }); text(r.a.b.c)',
  'await tools.any(); await tools.tool_search({ query: "x" })',
  'const o = {}; o.a = 1; let x = 1; x = "b"; const e = new Error("x"); e.code = 1; await tools.any({ o, x })',
  'try { await tools.any({}) } catch (error) { text(error.message) }',
  'const list = []; list.push(1); list.push("a"); await tools.any({ list }); text(list[0].foo)',
  'for (const name of ["any", "read"]) await tools[name]({ path: "a" })',
  'const groups = {}; for (const r of await tools.any({})) (groups[r.kind] ??= []).push(r); text(groups)',
  'if (typeof process !== "undefined") text(process.version); await tools.any({})',
  'for await (const s of as_settled([tools.read({ path: "a" })])) text(s.value?.content ?? s.reason)',
  'store("a", await tools.any({})); text(load("a").b); yield_control(); exit()',
  'const [a, b] = await Promise.all([tools.read({ path: "a" }), tools.any({})]); text(a.content, b.x)',
  'setTimeout(async () => { await tools.any({}); notify("x") }, 10)',
  'const m = new Map(); m.set(1, await tools.any({})); text([...m.values()].toSorted((a, b) => a.x - b.x))',
  'const = tools.',
  'const x: string = 1; text(x)',
])('nothing is noted on %s', async (source) => {
  expect(await noteOn(source)).toBeNull()
})

test('a program cannot have files of the machine read', async () => {
  expect(
    await noteOn('/// <reference path="/etc/passwd" />\nimport x from "/etc/hostname"; await tools.any({})'),
  ).toBeNull()
})

test('a program that would keep the compiler busy for minutes has no notes, and there are none after it', async () => {
  await using checker = new TypeChecker()
  const every = 'type D = 0|1|2|3|4|5|6|7|8|9; type S = `${D}${D}${D}${D}`; let x: S;'
  const splits = Array.from(
    { length: 60 },
    (_, i) =>
      `type Q${i}<T> = T extends \`\${infer A}${i}\${infer B}\` ? [A, B] | Q${i}<B> : never; let q${i}: Q${i}<S> = null as any; x = q${i};`,
  )
  expect(await checker.check({ declarations: '', source: every + splits.join('\n'), isTypeScript: true })).toEqual([])
  expect(checker.isAvailable).toBe(false)
  expect(await checker.check({ declarations: '', source: 'x', isTypeScript: false })).toEqual([])
})

test('the note comes last in the response, and once for a cell', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<string>()
  await using session = await createSession({
    hosts: inProcessHostPool(),
    tools: [...tools, { name: 'hold', call: () => answered }],
  })
  const { exec, wait } = createExecAndWait(session, { waitPolicy: 'exact' })
  // Cells that end at once, one after the other, are quicker than any compiler.
  const pause = 'await new Promise((resolve) => setTimeout(resolve, 250));'
  const source = `const r = await tools.read({ path: "a" }); text(r.contnt); ${pause}`
  const texts = (items: readonly object[]): unknown[] => items.map((item) => Reflect.get(item, 'text'))
  const isNote = (text: unknown): boolean => String(text).startsWith('Type notes')
  // The first answers may be quicker than the compiler, and are not held up for it.
  let first = texts((await exec(source)).items)
  while (!first.some(isNote)) first = texts((await exec(source)).items)
  expect(first.slice(1)).toEqual([
    'undefined',
    expect.stringMatching(/^Type notes .*\n1:51 Property 'contnt' does not/),
  ])

  const started = await exec({ code: `${source} yield_control(); await tools.hold({})`, yield_time_ms: 60_000 })
  const responses = [texts(started.items)]
  for (let round = 0; round < 3; round++) {
    responses.push(texts((await wait({ cell_id: started.cellId, yield_time_ms: 300 })).items))
  }
  answer('go on')
  responses.push(texts((await wait({ cell_id: started.cellId })).items))
  expect(responses.flat().filter(isNote).length).toBe(1)
})

test('without type notes nothing is started', async () => {
  await using session = await createSession({ hosts: inProcessHostPool(), tools })
  const { exec } = createExecAndWait(session, { typeNotes: false })
  for (let round = 0; round < 3; round++) {
    const { items } = await exec('const r = await tools.read({ path: "a" }); text(r.contnt)')
    expect(items.length).toBe(2)
  }
})

test('neither the compiler nor a thread keeps an agent from ending', async () => {
  const program = fileURLToPath(new URL('../fixtures/agent-that-forgets.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 50_000 })
  expect({ stdout, stderr }).toEqual({ stdout: 'noted', stderr: '' })
})
