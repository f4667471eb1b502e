import { expect, test } from 'vitest'
import { growth } from '../support/cpu-time.ts'
import { cellOf } from './vm-cell.ts'

test('a program prints text and completes', () => {
  const cell = cellOf(`text('hello'); text({ a: [1, 'ä'] }); const x = await Promise.resolve(3); text(x)`)
  expect(cell.run()).toEqual({ type: 'waiting' })
  expect(cell.lines).toEqual(['text hello', 'text {"a":[1,"ä"]}', 'text 3', 'completed'])
})

test('a program calls tools and gets their results and errors', () => {
  const cell = cellOf(
    `const a = tools.add({ a: 1 }); const b = tools.add(2)
    text((await a).sum); try { await b } catch (error) { text('caught ' + error) }`,
    { tools: ['add'] },
  )
  cell.run()
  cell.receive({ type: 'tool_response', id: 1, time: 5, body: '{"sum":3}' })
  cell.receive({ type: 'tool_error', id: 2, time: 6, body: 'refused' })
  expect(cell.lines).toEqual(['call 1 add {"a":1}', 'call 2 add 2', 'text 3', 'text caught refused', 'completed'])
})

test('many tools arrive by name when the program uses them', () => {
  const names = Array.from({ length: 30 }, (_, index) => `tool${index}`)
  const cell = cellOf(`await tools.tool7({}); text(typeof tools.nope + Object.keys(tools).length)`, { names })
  cell.run()
  cell.receive({ type: 'tool_response', id: 1, time: 5, body: 'null' })
  expect(cell.lines).toEqual(['call 1 tool7 {}', 'text undefined30', 'completed'])
})

test('timers fire in the time of the cell', () => {
  const cell = cellOf(`const from = Date.now(); const late = new Promise((resolve) => setTimeout(resolve, 500))
    clearTimeout(setTimeout(() => text('never'), 1)); await late; text(Date.now() - from)`)
  cell.run()
  cell.receive({ type: 'timeout_fired', id: 1, time: 1_700_000_000_900 })
  expect(cell.lines).toEqual(['timer 1 500', 'timer 2 1', 'cleared 2', 'text 900', 'completed'])
})

test('stored values leave the cell, and those of the session are there', () => {
  const cell = cellOf(`store('b', load('a').n + 1); text(load('b')); text(load('c') === undefined)`, {
    stored: { a: '{"n":4}' },
  })
  cell.run()
  expect(cell.lines).toEqual(['stored b 5', 'text 5', 'text true', 'completed'])
})

test('exit ends the cell at once, and no catch or finally runs', () => {
  const cell = cellOf(`text(1); try { (() => { exit() })() } catch { text('caught') } finally { text('finally') }`)
  expect(cell.run()).toEqual({ type: 'stopped' })
  expect(cell.lines).toEqual(['text 1', 'exit'])
  expect(cell.receive({ type: 'timeout_fired', id: 1, time: 1 })).toEqual({ type: 'stopped' })
})

test.each([
  'throw new TypeError("a")',
  'await Promise.reject(new TypeError("a"))',
  'await null; throw new TypeError("a")',
])('the error of %s ends the cell', (source) => {
  const cell = cellOf(source)
  cell.run()
  expect(cell.lines).toHaveLength(1)
  expect(cell.lines[0]).toMatch(/^failed TypeError: a\n/)
})

test('imports are refused', () => {
  expect(cellOf('import x from "y"').compiled).toEqual({ type: 'import', specifier: 'y' })
  const cell = cellOf('try { await import("y") } catch (error) { text(error) }')
  cell.run()
  expect(cell.lines).toEqual(['text unsupported import in exec', 'completed'])
})

test('exports run', () => {
  const cell = cellOf('export const a = 1; export default function () {}; text(a)')
  cell.run()
  expect(cell.lines).toEqual(['text 1', 'completed'])
})

test('a syntax error has its location', () => {
  expect(cellOf('let a = 1\nlet b = ;').compiled).toMatchObject({
    type: 'syntax_error',
    location: { line: 2, column: 9 },
  })
})

test('a loop stops when the host says so, past each catch', () => {
  const cell = cellOf(`text(1); for (;;) try { for (;;); } catch { text('caught') }`, { shouldStop: () => true })
  expect(cell.run()).toEqual({ type: 'stopped' })
  expect(cell.lines).toEqual(['text 1'])
})

test.each([
  'const all = []; for (;;) all.push({})',
  'const grow = async () => { const all = []; for (;;) { await null; all.push(new Array(1000)) } }; await grow()',
  'let s = "x"; for (;;) (s += s).charCodeAt(0)',
  'try { "x".repeat(3e8) } catch { text("caught") }',
  'const f = async () => new Uint8Array(3e8); try { await f() } catch { text("caught") }',
  'const f = async () => { await null; return "x".repeat(3e8) }; try { await f() } finally { text("finally") }',
  'async function* g() { yield new Uint8Array(3e8) }; for await (const x of g()) text("here")',
  `try { ('\\u1e9b\\u0323'.repeat(2e6)).normalize('NFKD') } catch { text('caught') }`,
  `await null; ('\\u1e9b\\u0323'.repeat(2e6)).normalize('NFKD')`,
])('a cell that takes too much memory ends: %s', (source) => {
  const cell = cellOf(source, { memoryMb: 8 })
  expect(cell.run()).toEqual({ type: 'memory' })
  expect(cell.lines).toEqual([])
})

test('a rejection that nothing handles is reported', () => {
  const cell = cellOf('void Promise.reject(new RangeError("x")); Promise.reject(1).catch(() => {}); text(1)')
  expect(cell.run()).toMatchObject({ type: 'rejected', cause: expect.stringMatching(/^RangeError: x/) })
})

test.each([
  'function f() { f() } f()',
  'const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x',
  'const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)',
  'const f = () => [2, 1].sort(f); f()',
  'async function f() { return await f() } await f()',
  'let i = [1].values(); for (let n = 0; n < 1e5; n++) i = i.map((x) => x); i.next()',
  'JSON.parse("[".repeat(1e5))',
])('recursion without an end throws: %s', (source) => {
  const cell = cellOf(source)
  expect(['waiting', 'rejected']).toContain(cell.run().type)
  expect(cell.lines.at(-1)).toMatch(/^failed RangeError: Maximum call stack size exceeded/)
})

test('normalize works as in V8, with its length and its errors', () => {
  const cell =
    cellOf(`text([String.prototype.normalize.length, String.prototype.normalize.name, '\\u1e9b\\u0323'.normalize('NFKC')])
    try { 'a'.normalize('x') } catch (error) { text(error.name) }`)
  cell.run()
  expect(cell.lines).toEqual(['text [0,"normalize","\u1e69"]', 'text RangeError', 'completed'])
})

test('the time in which a program lists many tools grows with their number', () => {
  const list = (count: number): void => {
    const names = Array.from({ length: count }, (_, at) => `tool_${at}`)
    const cell = cellOf('text(Object.keys(tools).length)', { names })
    cell.run()
    expect(cell.lines[0]).toBe(`text ${count}`)
  }
  expect(growth(list, 300, 16)).toBeLessThan(6)
})
