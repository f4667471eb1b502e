import { expect, test } from 'vitest'
import { cellOf } from './vm-cell.ts'

/** Returns the text of the error that ends a program. */
function errorOf(source: string): string {
  const cell = cellOf(source)
  if (cell.compiled.type === 'syntax_error') {
    const { message, location } = cell.compiled
    return `SyntaxError: ${message} at ${location?.line}:${location?.column}`
  }
  cell.run()
  return cell.lines.at(-1)?.replace(/^failed /, '') ?? ''
}

/** Programs with the texts that V8 gives to their errors. */
const errors: readonly (readonly [source: string, error: string])[] = [
  ['tools.nope()', 'TypeError: tools.nope is not a function\n    at exec_main.mjs:1:7'],
  ['const o = { a: {} }\no.a.b()', 'TypeError: o.a.b is not a function\n    at exec_main.mjs:2:5'],
  ['let f; f()', 'TypeError: f is not a function\n    at exec_main.mjs:1:8'],
  ['const r = [{}]; r[0].x()', 'TypeError: r[0].x is not a function\n    at exec_main.mjs:1:22'],
  ['[].at(0).x', "TypeError: Cannot read properties of undefined (reading 'x')\n    at exec_main.mjs:1:10"],
  [
    'const o = {}\nconst a = o\n  .b\n  .c',
    "TypeError: Cannot read properties of undefined (reading 'c')\n    at exec_main.mjs:4:4",
  ],
  ['const r = { items: {} }; r.items.map(x => x)', 'TypeError: r.items.map is not a function'],
  ['[1].map()', 'TypeError: undefined is not a function'],
  ['let x = null; x.y = 1', "TypeError: Cannot set properties of null (setting 'y')"],
  ['undefinedName', 'ReferenceError: undefinedName is not defined\n    at exec_main.mjs:1:1'],
  ['z; let z', "ReferenceError: Cannot access 'z' before initialization\n    at exec_main.mjs:1:1"],
  ['const c = 1; c = 2', 'TypeError: Assignment to constant variable.'],
  ['Object.freeze({ a: 1 }).a = 2', "TypeError: Cannot assign to read only property 'a' of object"],
  ['const o = {}; new o.X()', 'TypeError: o.X is not a constructor\n    at exec_main.mjs:1:15'],
  ['const v = {}; for (const x of v) {}', 'TypeError: v is not iterable'],
  ['const [a] = 5', 'TypeError: 5 is not iterable'],
  ['const v = null; const { a } = v', "TypeError: Cannot destructure property 'a' of 'v' as it is"],
  ['class A {}; A()', "TypeError: Class constructor A cannot be invoked without 'new'"],
  ['const o = {}; o.o = o; JSON.stringify(o)', 'TypeError: Converting circular structure to JSON'],
  ['JSON.stringify(1n)', 'TypeError: Do not know how to serialize a BigInt'],
  ['1n + 1', 'TypeError: Cannot mix BigInt and other types, use explicit conversions'],
  ['`${Symbol()}`', 'TypeError: Cannot convert a Symbol value to a string'],
  ['new Promise(5)', 'TypeError: Promise resolver 5 is not a function'],
  ['[].reduce((a) => a)', 'TypeError: Reduce of empty array with no initial value'],
  ['new Array(-1)', 'RangeError: Invalid array length'],
  ['JSON.parse("<html>")', 'SyntaxError: Unexpected token \'<\', "<html>" is not valid JSON'],
  ['JSON.parse("nope")', 'SyntaxError: Unexpected token \'o\', "nope" is not valid JSON'],
  ['JSON.parse(undefined)', 'SyntaxError: "undefined" is not valid JSON'],
  [
    'JSON.parse("{}\\n}")',
    'SyntaxError: Unexpected non-whitespace character after JSON at position 3 (line 2 column 1)',
  ],
  ['JSON.parse("tr")', 'SyntaxError: Unexpected end of JSON input'],
]

test.each(errors)('the error of %j is in the words of V8', (source, error) => {
  expect(errorOf(source)).toMatch(new RegExp(`^${RegExp.escape(error)}`))
})

test.each([
  ['throw new TypeError("not a function")', 'TypeError: not a function'],
  ['class E extends TypeError {}; throw new E("not a function")', 'TypeError: not a function'],
  ['const e = new Error("a"); e.message = "b"; throw e', 'Error: b'],
  ['throw Object.assign(new Error("a"), { name: "N" })', 'N: a'],
  ['class E extends Error { constructor(m) { super(m); this.name = "E" } } throw new E("a")', 'E: a'],
])('an error of the program keeps its message: %s', (source, error) => {
  expect(errorOf(source).split('\n')[0]).toBe(error)
})

test('a program that catches an error sees the words of V8, too', () => {
  const cell = cellOf('try { tools.nope() } catch (error) { text(error.message) }')
  cell.run()
  expect(cell.lines[0]).toBe('text tools.nope is not a function')
})

test('the stack is a property of the error, with one line for each frame of the program', () => {
  const cell = cellOf(`function f() { throw new Error('e') }
class A { constructor() { [1].forEach(() => f()) } }
try { new A() } catch (error) { text(error.stack); text(Object.hasOwn(error, 'stack')); text(Object.keys(error).length) }`)
  cell.run()
  expect(cell.lines).toEqual([
    'text Error: e\n    at f (exec_main.mjs:1:22)\n    at exec_main.mjs:2:45\n    at new A (exec_main.mjs:2:31)\n    at exec_main.mjs:3:7',
    'text true',
    'text 0',
    'completed',
  ])
})

test('locations are right on every line, beyond ASCII, and where arguments contain calls', () => {
  const cell = cellOf(`const wait = async (x) => { throw new AggregateError([new Error('x')], 'ä') }
const s = 'äöü€😀'; const inner = () => 1; const outer = (a, b) => { throw new Error('€') }
try { await wait(
  inner(),
) } catch (error) { text(error.stack) }
try { text('äöü€😀'); outer(
  inner(), [inner()].map((x) => x)) } catch (error) { text(error.stack) }`)
  cell.run()
  expect(cell.lines).toEqual([
    'text AggregateError: ä\n    at wait (exec_main.mjs:1:35)\n    at exec_main.mjs:3:13',
    'text äöü€😀',
    'text Error: €\n    at outer (exec_main.mjs:2:76)\n    at exec_main.mjs:6:23',
    'completed',
  ])
})

test('a program formats stacks itself, and captures them', () => {
  const cell = cellOf(`const o = {}; Error.captureStackTrace(o); text(o.stack); text('prepareStackTrace' in Error)
Error.prepareStackTrace = (error, frames) => error.message + frames[0].getLineNumber(); text(new Error('x').stack)`)
  cell.run()
  expect(cell.lines).toEqual(['text Error\n    at exec_main.mjs:1:21', 'text false', 'text x2', 'completed'])
})

test.each([
  ['foo bar', "SyntaxError: Unexpected identifier 'bar' at 1:5"],
  ['if (', 'SyntaxError: Unexpected end of input at 1:5'],
  ['\nconst b = ;', "SyntaxError: Unexpected token ';' at 2:11"],
  ['return 1', 'SyntaxError: Illegal return statement at 1:1'],
  ['let a; let a', "SyntaxError: Identifier 'a' has already been declared at 1:13"],
  [
    '() => { await x }',
    'SyntaxError: await is only valid in async functions and the top level bodies of modules at 1:9',
  ],
  ['const x: number = 5', 'SyntaxError: Missing initializer in const declaration at 1:8'],
  ['"abc', 'SyntaxError: Invalid or unexpected token at 1:1'],
])('the syntax error of %j is in the words of V8', (source, error) => {
  expect(errorOf(source)).toBe(error)
})

test('events have the locations that V8 gives them', () => {
  const cell = cellOf(
    `text(1)
async function call() { return await tools.add({}) }
  void call()`,
    { tools: ['add'], places: 'all' },
  )
  cell.run()
  expect(cell.lines).toEqual(['place 1:1', 'text 1', 'place 2:44', 'call 1 add {}', 'completed'])
})

test.each([
  ['text(JSON.stringify(1))', ['place 1:1', 'text 1']],
  ['const o = { g: (x) => x }; notify({ a: [o.g(2)] }.a[0])', ['place 1:28', 'notify 2']],
  ['text(`a ${[1].map((n) => String(n)).join()}`)', ['place 1:1', 'text a 1']],
  ['tools.add({ n: Math.abs(1) })', ['place 1:7', 'call 1 add {"n":1}']],
  ['[1].map((n) => { text(Math.max(n)); return text(n) })', ['place 1:18', 'text 1', 'place 1:44', 'text 1']],
  ['const o = { text: (x) => x }; text(o.text(1))', ['place 1:31', 'text 1']],
])('the location of a helper or tool is that of its name, not of calls in its arguments: %s', (source, lines) => {
  const cell = cellOf(source, { tools: ['add'], places: 'all' })
  cell.run()
  expect(cell.lines.slice(0, -1)).toEqual(lines)
})
