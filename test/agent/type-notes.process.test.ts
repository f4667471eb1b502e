import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TypeChecker } from '../../src/agent/type-check/type-checker.ts'
import { TypeNotes } from '../../src/agent/type-check/type-notes.ts'
import { createCatalogue } from '../../src/agent.ts'
import { createCodeModeTools, createSession, type Tool } from '../../src/index.ts'
import type { JsonSchema } from '../../src/tools/schema/standard-schema.ts'
import { TypeStripper } from '../../src/session/services/type-stripper.ts'
import { builtProgram } from '../support/built-program.ts'
import { childEnv } from '../support/cli.ts'
import { Gate } from '../support/gate.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'
import { busySource } from '../session/cell/busy-source.ts'

const object = (properties: object, required: readonly string[] = []): JsonSchema => ({
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

describe('the notes on a program', () => {
  // However long the compiler takes, it is not given up.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  const heading = 'Type notes (the script ran anyway):\n'
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
    ['await tools.read({ path: "a" }); Atomics.load(1)', "1:34 Cannot find name 'Atomics'."],
    [
      'await tools.any({}); if (load("x")) tools.nope()',
      "1:43 Property 'nope' does not exist on type '{ any(args: unknown): Promise<any>; }'.",
    ],
  ])('a note names the error in `%s`', async (source, line) => {
    expect(await noteOn(source)).toBe(heading + line)
  })

  test('a note names five of many errors', async () => {
    const note = await noteOn(`const r = await tools.read({ path: "a" });\n${'r.x;\n'.repeat(8)}`)
    expect(note?.split('\n').slice(5)).toEqual([expect.stringMatching(/^6:3 Property 'x'/), 'and 3 more'])
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
    'const r = await tools.read({ path: "a" }); text(r.lines.values().map((line) => line.no).toArray())',
    'const names = new Set([(await tools.read({ path: "a" })).content]); text(names.union(new Set(["b"])).size)',
    'const = tools.',
    'const x: string = 1; text(x)',
  ])('there is no note on `%s`', async (source) => {
    expect(await noteOn(source)).toBeNull()
  })

  test('a program cannot make the compiler read files', async () => {
    expect(
      await noteOn('/// <reference path="/etc/passwd" />\nimport x from "/etc/hostname"; await tools.any({})'),
    ).toBeNull()
  })
})

test('a program that keeps the compiler busy has no notes, and no program after it has any', async () => {
  await using checker = new TypeChecker()
  const program = { declarations: '', isTypeScript: true }
  expect(await checker.check({ ...program, source: 'let x: string = 1' })).toHaveLength(1)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const busy = checker.check({ ...program, source: busySource })
  vi.advanceTimersByTime(3000)
  vi.useRealTimers()
  expect(await busy).toEqual([])
  expect(checker.isAvailable).toBe(false)
  expect(await checker.check({ ...program, source: 'let x: string = 1' })).toEqual([])
})

describe('the notes of a session', () => {
  const source = 'const r = await tools.read({ path: "a" }); text(r.contnt); await tools.gate({})'
  const isNote = (text: string): boolean => text.startsWith('Type notes')

  test('a note is the last item of its response', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools: [...tools, gate.tool] })
    const { exec } = createCodeModeTools(session)
    let texts: readonly string[] = []
    // A cell that ends before the compiler has no note.
    for (let attempt = 1; !texts.some(isNote); attempt++) {
      const response = exec.call({ code: source, yield_time_ms: 600_000 })
      await gate.called(attempt)
      // waits because the compiler says nothing when it is ready
      await pause(50 * attempt)
      gate.open(null)
      texts = textsOf(await response)
    }
    expect(texts.slice(1)).toEqual([
      'undefined',
      expect.stringMatching(/^Type notes .*\n1:51 Property 'contnt' does not/),
    ])
  })

  test('a note comes once for a cell', async () => {
    const gate = new Gate()
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools: [...tools, gate.tool] })
    const { exec, wait } = createCodeModeTools(session, { waitPolicy: 'exact' })
    const texts = textsOf(await exec.call({ code: source, yield_time_ms: 0 }))
    while (!texts.some(isNote)) texts.push(...textsOf(await wait.call({ cell_id: '1', yield_time_ms: 50 })))
    texts.push(...textsOf(await wait.call({ cell_id: '1', yield_time_ms: 0 })))
    await gate.called(1)
    gate.open(null)
    texts.push(...textsOf(await wait.call({ cell_id: '1', yield_time_ms: 600_000 })))
    expect(texts.filter(isNote)).toHaveLength(1)
  })

  test('a session without type notes adds none', async () => {
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools })
    const { exec } = createCodeModeTools(session, { typeNotes: false })
    for (let round = 0; round < 3; round++) {
      const { items } = await exec.call('const r = await tools.read({ path: "a" }); text(r.contnt)')
      expect(items.length).toBe(2)
    }
  })
})

test('an agent ends although its compiler and its threads still run', async () => {
  const program = await builtProgram(new URL('../fixtures/agent-that-forgets.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env: childEnv() })
  expect({ stdout, stderr }).toEqual({ stdout: 'noted', stderr: '' })
})
