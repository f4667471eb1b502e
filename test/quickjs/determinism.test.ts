import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createBaseline } from '../../src/host/quickjs/baseline.ts'
import { loadQuickJsPrelude } from '../../src/host/quickjs/quickjs-prelude.ts'
import { quickJsPrint } from '../../src/host/quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../../src/host/quickjs/quickjs-wasm.ts'
import { cellOf, testBaseline } from './vm-cell.ts'

test('each run of the prelude leaves the same memory, so all processes have the same print', () => {
  const again = createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes: 48 * 1024 })
  expect(quickJsPrint(again)).toEqual(quickJsPrint(testBaseline()))
  expect(quickJsPrint(again)).toMatchObject({ name: 'quickjs', flags: 'stack=48k' })
  expect(again.registers).toEqual(testBaseline().registers)
})

test('the size of the stack is part of the print', () => {
  const large = createBaseline({ wasm: loadQuickJsWasm(), prelude: loadQuickJsPrelude(), stackBytes: 512 * 1024 })
  expect(quickJsPrint(large)).not.toEqual(quickJsPrint(testBaseline()))
})

test.each([
  'text(Math.random()); text(new Date()); text([3, 1, 2].sort())',
  'const a = await tools.add({ n: Date.now() }); text(new Map([[{}, a]]).size); store("a", a)',
  'try { (function f() { f() })() } catch (error) { text(error.stack) }',
])('two machines do the same and end with the same memory: %s', (source) => {
  const [first, second] = [0, 1].map(() => {
    const cell = cellOf(source, { tools: ['add'] })
    cell.run()
    cell.receive({ type: 'tool_response', id: 1, time: 1_700_000_000_123, body: '{"sum":3}' })
    return { lines: cell.lines, memory: hash('sha256', cell.vm.state.memory) }
  })
  expect(first?.lines.length).toBeGreaterThan(1)
  expect(first).toEqual(second)
})
