import { globSync, readFileSync } from 'node:fs'
import { partsOf } from '../../src/host/engine/prelude-script.ts'
import { relative, sep } from 'node:path'
import { expect, test } from 'vitest'
import { quickJsPrelude } from '../../src/host/quickjs/quickjs-prelude.ts'
import { quickJsVersion } from '../../src/host/quickjs/quickjs-print.ts'
import { loadQuickJsWasm } from '../../src/host/quickjs/quickjs-wasm.ts'
import { evalFunctionName, numberFunctions } from '../../src/host/quickjs/wasm-exports.ts'

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

test('quickjs.wasm has the functions that the engine calls', () => {
  const names = WebAssembly.Module.exports(loadQuickJsWasm()).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining([...numberFunctions, evalFunctionName, 'memory', '__stack_pointer']))
})

test('the package is pinned to the version whose exports the engine knows', () => {
  expect(readJson('package.json')).toMatchObject({ dependencies: { 'quickjs-wasi': quickJsVersion } })
  expect(readJson('node_modules/quickjs-wasi/package.json')).toMatchObject({ version: quickJsVersion })
})

test('two files use the functions of quickjs.wasm: their list and the instance', () => {
  const users = globSync('src/**/*.ts').filter((file) =>
    /\b(?:qjs_|wasm_malloc|JS_Eval)/.test(readFileSync(file, 'utf8')),
  )
  expect(users.toSorted()).toEqual(['src/host/quickjs/instance.ts', 'src/host/quickjs/wasm-exports.ts'])
})

test('every module of the prelude of QuickJS is one of its parts', () => {
  const files = globSync(['src/host/prelude/**/*.js', 'src/host/quickjs/prelude/*.js'])
  const modules = files.map((file) => relative('src/host', file).replaceAll(sep, '/').slice(0, -'.js'.length))
  expect(partsOf(quickJsPrelude).toSorted()).toEqual(modules.toSorted())
})
