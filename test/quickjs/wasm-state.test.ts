import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readModuleState } from './wasm-sections.ts'

const bytes = readFileSync(new URL(import.meta.resolve('quickjs-wasi/quickjs.wasm')))

test('an instance of the module has no state besides its memory and its stack pointer', () => {
  const module = new WebAssembly.Module(bytes)
  const globals = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'global')
  expect(globals.map(({ name }) => name)).toEqual(['__stack_pointer'])
  expect(WebAssembly.Module.imports(module).filter(({ kind }) => kind !== 'function')).toEqual([])
  expect(readModuleState(bytes)).toEqual({
    globals: [true],
    tables: 1,
    memories: 1,
    passiveElements: 0,
    passiveData: 0,
    changes: [],
  })
})

test('instructions that change a table or drop a segment are found', () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  // table.grow 0, table.set 0, elem.drop 0, data.drop 0, i32.const 300, end
  const code = [0xfc, 15, 0, 0x26, 0, 0xfc, 13, 0, 0xfc, 9, 0, 0x41, 0xac, 0x02, 0x0b]
  const body = [code.length + 1, 0, ...code]
  const module = Uint8Array.from([...header, 10, body.length + 1, 1, ...body, 11, 4, 1, 1, 1, 7])
  expect(readModuleState(module)).toMatchObject({
    changes: ['table.grow', 'table.set', 'elem.drop', 'data.drop'],
    passiveData: 1,
  })
})
