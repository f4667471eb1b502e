import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSession, type Session, type Tool } from '../../../src/index.ts'
import { sharedHosts } from '../../support/hosts.ts'

const hosts = sharedHosts('default')

const numberedTools = (count: number): readonly Tool[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `tool_${String(n).padStart(5, '0')}`,
    description: `Number ${n}`,
    call: () => n,
  }))

let few: Session
let many: Session
beforeAll(async () => {
  // All declarations fit, so neither session adds tool_search.
  few = await createSession({ hosts, tools: numberedTools(150), declarationTokens: Number.MAX_SAFE_INTEGER })
  many = await createSession({ hosts, tools: numberedTools(5000), declarationTokens: Number.MAX_SAFE_INTEGER })
})
afterAll(async () => {
  await few.close()
  await many.close()
})

const programs: readonly string[] = [
  'text(await tools.tool_00007())',
  'text(await Promise.all([3, 1, 2].map((n) => tools[`tool_0000${n}`]())))',
  'text(typeof tools.nope); text("nope" in tools); text("tool_00001" in tools); text("toString" in tools)',
  'try { await tools.nope() } catch (error) { text(`${error}`) }',
  'text(Object.getPrototypeOf(tools) === Object.prototype); text(Object.prototype.toString.call(tools))',
  'text(Object.getOwnPropertyDescriptor(tools, "tool_00002").writable); text(tools.tool_00002 === tools.tool_00002)',
  'text(tools.tool_00002.length); text(tools.hasOwnProperty("tool_00003"))',
  'delete tools.tool_00004; text("tool_00004" in tools); text(Object.keys(tools).includes("tool_00004"))',
  'tools.tool_00005 = () => "mine"; text(await tools.tool_00005()); tools.extra = 1; text("extra" in tools)',
  'Object.defineProperty(tools, "tool_00006", { value: 6, enumerable: false }); text(tools.tool_00006); text(Object.keys(tools).includes("tool_00006"))',
  'text(Object.keys(tools).slice(0, 3)); text(Object.keys(tools).length === ALL_TOOLS.length)',
  'Object.freeze(tools); text(Object.isFrozen(tools)); text(await tools.tool_00008()); try { "use strict"; tools.x = 1 } catch (error) { text(error.name) }',
  'const { tool_00009: nine, ...rest } = tools; text(await nine()); text("tool_00009" in rest); text("tool_00010" in rest)',
  'tools = { tool_00001: () => "replaced" }; text(await tools.tool_00001()); text(Object.keys(tools))',
  'text(ALL_TOOLS.filter(({ name }) => /0001$/.test(name))); text(Array.isArray(ALL_TOOLS))',
  'ALL_TOOLS.pop(); ALL_TOOLS.push({ name: "x" }); text(ALL_TOOLS.at(-1)); ALL_TOOLS = 1; text(ALL_TOOLS)',
  'text(Object.keys(globalThis).filter((name) => /tools/i.test(name)).sort())',
  'for (const name of ["a\\nb", "", "\\n", "__proto__", "constructor"]) text(typeof tools[name])',
  'JSON.parse = () => 0; Reflect.get = () => 1; String.prototype.indexOf = () => -1; text(await tools.tool_00011()); text(ALL_TOOLS.length > 100)',
  'Object.prototype.get = () => 1; Object.prototype.apply = () => 2; text(await tools.tool_00012())',
]
test.each(programs)(
  'a program cannot detect that a session creates the functions of tools lazily: %s',
  async (program) => {
    const [one, other] = await Promise.all([few.execute(program), many.execute(program)])
    expect(one.type).toBe('completed')
    expect(content(other)).toEqual(content(one))
  },
)

test('a cell lists and finds any of ten thousand tools', async () => {
  await using session = await createSession({ hosts, tools: numberedTools(10_000) })
  const program = `
    text(ALL_TOOLS.length)
    const { tools: [found] } = await tools.tool_search({ query: 'number 7777', limit: 1 })
    text(found.name)
    text(await tools[found.name]())`
  expect(content(await session.execute(program))).toEqual(['10001', 'tool_07777', '7777'])
})

function content(outcome: Awaited<ReturnType<Session['execute']>>): unknown {
  if (outcome.type !== 'completed') return outcome
  return outcome.items.map((item) => (item.type === 'input_text' ? item.text : item))
}
