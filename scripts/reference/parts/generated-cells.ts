import fc from 'fast-check'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { runCells } from './run-cell.ts'

const cellCount = 400
const seed = 1

const dot =
  '"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="'

/** Expressions for odd values, one per line. */
const values = String.raw`undefined
null
true
0
-0
NaN
1e21
5n
""
" "
"é"
"\ud800"
"a\nb"
[]
{}
[1, [2, { a: null }]]
{ a: undefined, b: 1 }
() => 1
Symbol("s")
new Date(0)
new Map([[1, 2]])
new Error("e")
/x/g
new Uint8Array([1, 2])
Promise.resolve(1)
Promise.reject(2)
Object(1)
{ toJSON() { return 7 } }
{ toJSON() { throw "j" } }
{ toString() { throw "s" } }
Object.create(null)
new Proxy({}, { get() { throw "p" } })
(function () { return arguments })(1, 2)
{ ["__proto__"]: 1 }
${dot}
{ image_url: ${dot}, detail: "low" }
"https://example.com/a.png"
"data:audio/wav;base64,AAAA"
{ type: "text", text: "t" }
{ type: "image", data: "AA", mimeType: "image/png" }
{ type: "text" }
{ type: "resource", resource: { uri: "u", text: "t" } }
{ type: "resource_link", uri: "u", name: "n" }
[{ type: "text", text: "t" }, { type: "text", text: "u" }]
{ output_hint: "h" }
"x".repeat(3000)`.split('\n')

/** Statements around a value. */
const statements: readonly ((value: string, other: string) => string)[] = [
  ...[
    'text',
    'image',
    'audio',
    'generatedImage',
    'content',
    'notify',
    'load',
    'exit',
    'setTimeout',
    'clearTimeout',
  ].map((name) => (value: string) => `${name}(${value})`),
  (value, other) => `image(${value}, ${other})`,
  (value, other) => `store(${value}, ${other}); text(load(${value}))`,
  (value) => `store("k", ${value}); text(load("k"))`,
  (value) => `text(await tools.echo(${value}))`,
  (value) => `text(await tools.fail(${value}))`,
  (value) => `throw ${value}`,
  (value) => `await import(${value})`,
  (value) => `for await (const each of as_settled(${value})) text(each)`,
  (value, other) => `await stream_settled([${value}, ${other}], (each) => text(each))`,
  (value) => `await stream_settled([1], ${value})`,
  (value) => `text(typeof ${value}); text(String(${value}))`,
  (value, other) => `text([${value}, ${other}])`,
  (value) => `text({ a: ${value} })`,
  (value) => `await new Promise((resolve) => setTimeout(resolve, ${value}))`,
]

const statement = fc
  .tuple(fc.constantFrom(...statements), fc.constantFrom(...values), fc.constantFrom(...values), fc.boolean())
  .map(([write, value, other, isGuarded]) => {
    const line = write(parenthesized(value), parenthesized(other))
    return isGuarded ? `try { ${line} } catch (e) { text(typeof e + ": " + String(e)) }` : `{ ${line} }`
  })

/** Programs from a fixed seed, by number: statements that call helpers and tools with odd values. */
export function generatedPrograms(count: number): Readonly<Record<string, string>> {
  const programs = fc.sample(fc.array(statement, { minLength: 1, maxLength: 4 }), { seed, numRuns: count })
  return Object.fromEntries(programs.map((lines, index) => [`cell ${index + 1}`, lines.join('\n')]))
}

/** The outputs of generated cells. The program of a cell is part of its fact. */
export const generatedCells: Part = {
  name: 'cells',
  title: 'Generated cells',
  isTimed: true,
  async collect({ host }, only): Promise<Facts> {
    const programs = Object.entries(generatedPrograms(cellCount)).filter(([name]) => only?.has(name) !== false)
    const outputs = await runCells(host, Object.fromEntries(programs))
    return Object.fromEntries(programs.map(([name, program]) => [name, { program, output: outputs[name] ?? null }]))
  },
}

function parenthesized(value: string): string {
  return value.startsWith('{') || value.startsWith('()') ? `(${value})` : value
}
