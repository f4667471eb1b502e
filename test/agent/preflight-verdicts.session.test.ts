import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createSession } from '../../src/session/create-session.ts'
import { internalsOf } from '../../src/session/session-internals.ts'
import type { JsonSchema } from '../../src/tools/schema/standard-schema.ts'
import type { Tool } from '../../src/tools/tool.ts'
import { preflight } from '../../src/agent/preflight/preflight.ts'
import { sharedHosts } from '../support/hosts.ts'

const object = (properties: object, rest: object = {}): JsonSchema => ({ type: 'object', properties, ...rest })
const tools: Tool[] = [
  {
    name: 'read_file',
    namespace: 'mcp__fs',
    inputSchema: object({ path: { type: 'string' }, head: { type: 'number' } }, { required: ['path'] }),
    call: () => 'content',
  },
  {
    name: 'write',
    inputSchema: object(
      { path: { type: 'string' }, mode: { enum: ['a', 'w'] } },
      { required: ['path'], additionalProperties: false },
    ),
    call: () => ({}),
  },
  {
    name: 'tag',
    inputSchema: object(
      {
        at: object(
          { line: { type: 'number' }, name: { type: 'string', default: 'x' } },
          { required: ['line', 'name'] },
        ),
        kind: { oneOf: [{ type: 'string', format: 'uuid' }, { type: 'string', format: 'email' }, { type: 'number' }] },
        words: { type: 'array', items: { type: 'STRING' }, maxItems: 2 },
      },
      { not: { required: ['kind', 'words'] }, minProperties: 1 },
    ),
    call: (input) => input,
  },
  { name: 'any', call: (input) => input },
  { name: 'patch', kind: 'freeform', call: (input) => input },
]
const session = await createSession({ hosts: sharedHosts('in-process'), tools })
afterAll(() => session.close())

/** The place and the first line of a refusal. Null for a program that may run. */
async function verdict(source: string): Promise<string | null> {
  const parts = internalsOf(session)
  if (parts === null) throw new Error('the session has no parts')
  const text = await preflight(source, { ...parts, catalogue: session.catalogue })
  if (text === null) return null
  const at = / {4}at exec_main\.mjs:(\S+)/.exec(text)?.[1] ?? ''
  return `${at} ${text.slice(0, text.indexOf('\n    at '))}`
}

describe('a refused program', () => {
  const unknown = (at: string, name: string): string => `${at} TypeError: tools.${name} is not a function: unknown tool`

  test.each([
    ['await tools.nope({})', unknown('1:13', 'nope')],
    ['await tools["nope"]({})', unknown('1:13', 'nope')],
    ['await tools[`nope`]()', unknown('1:13', 'nope')],
    ['text("a")\nconst x = await tools.read_file({ path: "a" })', unknown('2:23', 'read_file')],
    ['const a = [1, 2]\nfor (const x of a) await tools.nope({ x })', unknown('2:32', 'nope')],
    ['for (let i = 0; i < 3; i++) { tools.nope(i) }', unknown('1:37', 'nope')],
    ['const all = await Promise.all(["a"].map((path) => tools.nope({ path })))', unknown('1:57', 'nope')],
    [
      'const all = await Promise.all(["a"].map(async (path) => { return await tools.nope({ path }) }))',
      unknown('1:78', 'nope'),
    ],
    ['["a"].forEach(function (path) { tools.nope({ path }) })', unknown('1:39', 'nope')],
    ['await (async () => { await tools.nope() })()', unknown('1:34', 'nope')],
    ['async function main() { await tools.nope() }\nawait main()', unknown('1:37', 'nope')],
    ['const main = async () => tools.nope()\nawait main()', unknown('1:32', 'nope')],
    ['const f = () => tools.nope(); const g = () => f(); g()', unknown('1:23', 'nope')],
    ['const f = (x) => tools.nope(x); await Promise.all([1].map(f))', unknown('1:24', 'nope')],
    ['try { text("a") } finally { tools.nope() }', unknown('1:35', 'nope')],
    ['if (await tools.nope()) text("x")', unknown('1:17', 'nope')],
    ['const path: string = "a"; await tools.nope({ path })', unknown('1:39', 'nope')],
    ['text(`${await tools.nope()}`)', unknown('1:21', 'nope')],
    ['tools.exec("1")', unknown('1:7', 'exec')],
  ])('a program that calls an unknown tool is refused: %s', async (source, text) => {
    expect(await verdict(source)).toBe(text)
  })

  const misfit = 'does not fit its schema:\n- '
  test.each([
    [
      'await tools.mcp__fs__read_file()',
      `1:7 The input of tool \`mcp__fs__read_file\` ${misfit}path: required (string), but missing`,
    ],
    [
      'await tools.mcp__fs__read_file({ pth: "a" })',
      `1:32 The input of tool \`mcp__fs__read_file\` ${misfit}path: required (string), but missing; "pth" was given instead`,
    ],
    [
      'const p = load("p"); await tools.mcp__fs__read_file({ file_path: p })',
      `1:53 The input of tool \`mcp__fs__read_file\` ${misfit}path: required (string), but missing; "file_path" was given instead`,
    ],
    ['await tools.write({ path: 1 })', `1:19 The input of tool \`write\` ${misfit}path: expected string, got 1`],
    [
      'const mode = load("m"); await tools.write({ mode, path: -1 })',
      `1:43 The input of tool \`write\` ${misfit}path: expected string, got -1`,
    ],
    [
      'await tools.write({ path: "a", mod: "a" })',
      `1:19 The input of tool \`write\` ${misfit}mod: not a known property; did you mean "mode"?`,
    ],
    [
      'await tools.write({ path: "a", mode: "x" })',
      `1:19 The input of tool \`write\` ${misfit}mode: expected "a" | "w", got the string "x"`,
    ],
    [
      'await Promise.all([1].map(() => tools.write({})))',
      `1:45 The input of tool \`write\` ${misfit}path: required (string), but missing`,
    ],
    [
      'const n = load("n"); await tools.tag({ at: { name: n } })',
      `1:38 The input of tool \`tag\` ${misfit}at.line: required (number), but missing`,
    ],
    [
      'const n = load("n"); await tools.tag({ words: [n, 1] })',
      `1:38 The input of tool \`tag\` ${misfit}words[1]: expected string, got 1`,
    ],
    [
      'const n = load("n"); await tools.tag({ words: [n, n, n] })',
      `1:38 The input of tool \`tag\` ${misfit}words: expected at most 2 items, got an array of 3`,
    ],
    [
      'await tools.tag({ kind: true })',
      `1:17 The input of tool \`tag\` ${misfit}kind: expected string | number, got true`,
    ],
  ])('a program with a literal argument that does not fit is refused: %s', async (source, text) => {
    expect(await verdict(source)).toBe(text)
  })
})

test('a refusal shows the location, similar names, and that nothing has run', async () => {
  const parts = internalsOf(session)
  if (parts === null) throw new Error('the session has no parts')
  const source = 'const path = "a"\nconst x = await tools.read_file({ path })'
  expect(await preflight(source, { ...parts, catalogue: session.catalogue })).toBe(
    `TypeError: tools.read_file is not a function: unknown tool
    at exec_main.mjs:2:23
  1 | const path = "a"
> 2 | const x = await tools.read_file({ path })
    |                       ^
Did you mean \`mcp__fs__read_file\`?
The tools are \`any\`, \`mcp__fs__read_file\`, \`patch\`, \`tag\`, \`write\`.
Nothing of the script has run.`,
  )
})

test('a refusal of a name as its server spells it states the identifier', async () => {
  const spelled: Tool = { name: '读取文件', namespace: 'mcp__s', call: () => null }
  await using other = await createSession({ hosts: sharedHosts('in-process'), tools: [spelled, ...tools] })
  const parts = internalsOf(other)
  if (parts === null) throw new Error('the session has no parts')
  const text = await preflight('await tools["读取文件"]({})', { ...parts, catalogue: other.catalogue })
  expect(text).toContain('\nDid you mean `mcp__s______`?\n')
})

describe('an accepted program', () => {
  test.each([
    // It exists.
    'await tools.mcp__fs__read_file({ path: "a" })',
    'await tools.mcp__fs__read_file({ path: "a", more: 1 })',
    'await tools.any(); await tools.any({ x: 1 }); await tools.any(1)',
    'await tools.patch("x")',
    'text(tools.toString()); text(tools.hasOwnProperty("x"))',
    'await tools.tool_search({ query: "x" })',
    // The name belongs to something else.
    'const tools = { nope: () => 1 }; tools.nope()',
    'function f(tools) { return tools.nope() } f({ nope() {} })',
    'const f = ({ tools }) => tools.nope(); f({ tools: { nope() {} } })',
    'class tools { static nope() {} } tools.nope()',
    'try { throw { nope() {} } } catch (tools) { tools.nope() }',
    'for (const tools of [{ nope() {} }]) tools.nope()',
    'const x = { tools: { nope() {} } }; x.tools.nope()',
    'import.meta.tools?.nope()',
    // The program puts it in place.
    'tools.nope = () => 1; tools.nope()',
    'tools["nope"] = () => 1; tools.nope()',
    'tools[`no${"pe"}`] = () => 1; tools.nope()',
    'tools = { nope() {} }; tools.nope()',
    'Object.assign(tools, { nope: () => 1 }); tools.nope()',
    'const t = tools; t.nope = () => 1; tools.nope()',
    'tools = new Proxy(tools, { get: () => () => 1 }); tools.nope()',
    '[tools.nope] = [() => 1]; tools.nope()',
    '({ a: tools.nope } = { a: () => 1 }); tools.nope()',
    'for (tools.nope of [() => 1]); tools.nope()',
    'tools.nope ??= () => 1; tools.nope()',
    'Object.prototype.nope = () => 1; tools.nope()',
    'Object.getPrototypeOf({}).nope = () => 1; tools.nope()',
    'tools.any.constructor("globalThis.tools.nope = () => 1")(); tools.nope()',
    'globalThis.tools.nope = () => 1; tools.nope()',
    'eval("tools.nope = () => 1"); tools.nope()',
    'new Function("tools.nope = () => 1")(); tools.nope()',
    'globalThis["to" + "ols"] = { nope() {} }; tools.nope()',
    '({ ...{} }).__proto__.nope = () => 1; tools.nope()',
    // It asks first.
    'if (tools.nope) await tools.nope()',
    'if ("nope" in tools) await tools.nope()',
    'if (typeof tools.nope === "function") await tools.nope()',
    'tools.nope && await tools.nope()',
    'tools.nope ? await tools.nope() : 0',
    'await tools.nope?.()',
    'await tools?.nope?.()',
    'const has = ALL_TOOLS.some((tool) => tool.name === "nope"); if (has) await tools.nope()',
    'const has = Object.keys(tools).includes("nope"); if (has) tools.nope()',
    'if (load("x")) await tools.nope()',
    'load("x") || (await tools.nope()); 1',
    'load("x") ?? "x"; switch (load("y")) { case 1: tools.nope() }',
    'const f = (x = tools.nope()) => x; f(1)',
    'let x = 1; x ||= tools.nope()',
    'const a = undefined; a?.b(tools.nope())',
    // It does not get there.
    'if (true) { text("done"); exit() } await tools.nope()',
    'exit(); tools.nope()',
    'const f = () => { if (true) return; tools.nope() }; f()',
    'const f = () => tools.nope()',
    'function f() { tools.nope() }',
    'class A { m() { tools.nope() } }',
    'const o = { get m() { return tools.nope() }, n() { tools.nope() } }',
    'function* g() { yield tools.nope() } const it = g()',
    '[1].values().map(() => tools.nope())',
    'setTimeout(() => tools.nope(), 1e6)',
    'while (false) tools.nope()',
    'for (const x of [1]) { if (x) continue; tools.nope() }',
    'do { break; } while (tools.nope())',
    'a: { if (load("x") === undefined) break a; tools.nope() }',
    'const f = async () => { await tools.nope() }; f()',
    'Promise.resolve().then(() => tools.nope())',
    '[1].forEach(async () => { await tools.nope() })',
    '[1].map(async () => { await tools.nope() })',
    // It is ready for it.
    'try { await tools.nope() } catch { text("none") }',
    'try { f() } catch {} function f() { tools.nope() }',
    'const f = async () => tools.nope(); await f().catch(() => 1)',
    'const f = async () => tools.nope(); await f().then(text, () => 1)',
    'await Promise.allSettled([1].map(async () => tools.nope()))',
    'for await (const s of as_settled([1].map(async () => tools.nope()))) text(s.status)',
    'await Promise.any([Promise.resolve(1), (async () => tools.nope())()])',
    // Only the run can tell the argument.
    'const x = { path: "a" }; await tools.write(x)',
    'const x = { path: "a" }; await tools.write({ ...x })',
    'const key = "path"; await tools.write({ [key]: "a" })',
    'const path = "a"; await tools.write({ path })',
    'const mod = undefined; await tools.write({ path: "a", mod })',
    'await tools.write({ toJSON: () => ({ path: "a" }) })',
    'await tools.write({ __proto__: null, path: "a" })',
    'await tools.write({ path: 1, path: "a" })',
    'await tools.write(...[{ path: "a" }])',
    'await tools.write({ get path() { return "a" } })',
    'const r = await tools.write({}).catch(String)',
    'const p = tools.write({}); try { await p } catch {}',
    'tools.write({})',
    'void tools.write({})',
    'const s = await Promise.allSettled([tools.write({})])',
    'const f = () => tools.write({}); f()',
    'await tools.any([1]); await tools.any("x")',
    'const n = load("n"); await tools.tag({ at: n })',
    'const n = load("n"); await tools.tag({ at: { line: n } })',
    'const n = load("n"); await tools.tag({ at: { line: 1, ...n } })',
    'const n = load("n"); await tools.tag({ words: [...n, 1] })',
    'const n = load("n"); await tools.tag({ kind: n, words: [] })',
    // A server can fill in the default, and only it can judge the format.
    'await tools.tag({ at: { line: 1 } })',
    'await tools.tag({ kind: "a@b.c" })',
    // It is not a program.
    'const = tools.nope()',
    'tools.nope(',
    '',
  ])('a program that may be right is not refused: %s', async (source) => {
    expect(await verdict(source)).toBeNull()
  })
})

test('a program that runs without a rejected call is never refused', async () => {
  await using run = await createSession({ hosts: sharedHosts('in-process'), tools, deadlock: 'fail' })
  const name = fc.constantFrom('any', 'write', 'nope', 'writ')
  const argument = fc.constantFrom(
    '',
    '{}',
    '{ path: "a" }',
    '{ path: 1 }',
    '{ ...o }',
    '{ path: o.path }',
    'o',
    '{ path: "a", x: undefined }',
  )
  const call = fc.tuple(name, argument).map(([tool, text]) => `tools.${tool}(${text})`)
  const guards = [
    (c: string) => `await ${c};`,
    (c: string) => `${c};`,
    (c: string) => `if (o.no) { await ${c} };`,
    (c: string) => `o.no && await ${c};`,
    (c: string) => `try { await ${c} } catch {};`,
    (c: string) => `for (const x of [1]) { await ${c} };`,
    (c: string) => `for (const x of [1, 2]) { if (x) break; await ${c} };`,
    (c: string) => `await Promise.all([1].map(async () => { await ${c} }));`,
    (c: string) => `await Promise.all([1].map(() => ${c}));`,
    (c: string) => `{ const f = async () => { await ${c} }; await f() };`,
    (c: string) => `{ const f = async () => { await ${c} }; f() };`,
    (c: string) => `{ const f = async () => ${c}; await f().catch(() => 1) };`,
    (c: string) => `{ const f = async () => { return; await ${c} }; await f() };`,
    (c: string) => `await Promise.allSettled([(async () => ${c})()]);`,
    (c: string) => `{ const p = ${c}; await p };`,
    (c: string) => `tools.nope ??= () => 1; await ${c};`,
    (c: string) => `{ const tools = { nope() {}, writ() {}, any() {}, write() {} }; await ${c} };`,
    (c: string) => `await (async (x = ${c}) => x)(1);`,
    (c: string) => `(() => { if (o.path) return; ${c} })();`,
    () => 'exit();',
  ]
  const statement = fc.tuple(fc.constantFrom(...guards), call).map(([guard, text]) => guard(text))
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 4 }), async (statements) => {
      const source = `const o = { path: "a" };\n${statements.join('\n')}`
      if ((await verdict(source)) === null) return
      const outcome = await run.execute(source)
      expect([source, outcome.type]).toEqual([source, 'failed'])
    }),
    { numRuns: 200 },
  )
})

test('the pre-flight of one long program costs no more than that of four short ones', async () => {
  const line = 'await tools.mcp__fs__read_file({ path: "a", head: [1, 2].map((x) => x * 2).length });\n'
  const costOf = async (bytes: number, runs: number): Promise<number> => {
    const source = line.repeat(Math.ceil(bytes / line.length))
    const before = process.threadCpuUsage()
    for (let run = 0; run < runs; run++) expect(await verdict(source)).toBeNull()
    return process.threadCpuUsage(before).user
  }
  await costOf(60_000, 1)
  const short = await costOf(15_000, 8)
  // Work on each pair of lines would cost four times as much.
  expect((await costOf(60_000, 2)) / short).toBeLessThan(2.5)
})

test.each([
  ['a program that is too long', `tools.nope()//${'x'.repeat(512 * 1024)}`],
  ['a program that is too deep', `tools.nope(${'['.repeat(20_000)}${']'.repeat(20_000)})`],
])('%s is not refused', async (_what, source) => {
  expect(await verdict(source)).toBeNull()
})

// Without a bound this would never end.
test('a program whose functions all call each other is not refused', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `f${index}`)
  const calls = names.map((name) => `${name}()`).join('; ')
  const functions = names.map((name) => `function ${name}() { tools.nope(); ${calls} }`)
  expect(await verdict(functions.join('\n'))).toBeNull()
})
