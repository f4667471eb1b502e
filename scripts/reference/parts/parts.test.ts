import { expect, test } from 'vitest'
import { featureFacts } from './catalogue.ts'
import { FieldTable, fieldPaths } from './field-paths.ts'
import { framesIn } from './frames.ts'
import { textFacts } from './tool-texts.ts'

test('fieldPaths() has one path for the entries of a map and for the elements of an array', () => {
  const state = {
    status: 'running',
    threads: { 'T-1': { ended: null }, 'T-2': { ended: 5 } },
    items: [{ a: true }, 'b'],
  }
  expect([...fieldPaths(state)]).toEqual([
    '.status: string',
    '.threads: object',
    '.threads.*: object',
    '.threads.*.ended: null',
    '.threads.*.ended: number',
    '.items: array',
    '.items[]: object',
    '.items[].a: boolean',
    '.items[]: string',
  ])
  expect([...fieldPaths(state, 1)]).toEqual(['.status: string', '.threads: object', '.items: array'])
})

test('FieldTable returns the fields of all values of a kind, sorted', () => {
  const fields = new FieldTable()
  fields.add('b', ['.z', '.a'])
  fields.add('a', ['.x'])
  fields.add('b', ['.a', '.m'])
  expect(Object.entries(fields.facts())).toEqual([
    ['a', '.x'],
    ['b', '.a\n.m\n.z'],
  ])
})

test('framesIn() returns the complete messages', () => {
  const frame = (message: object): Buffer => {
    const body = Buffer.from(JSON.stringify(message))
    const head = Buffer.alloc(4)
    head.writeUInt32LE(body.length)
    return Buffer.concat([head, body])
  }
  const bytes = Buffer.concat([frame({ type: 'a' }), frame({ type: 'é' }), frame({ type: 'cut' }).subarray(0, 8)])
  expect(framesIn(bytes)).toEqual([{ type: 'a' }, { type: 'é' }])
})

test('featureFacts() reads the table of features', () => {
  const table =
    'WARNING: something\ncode_mode        under development  false\ncode_mode_host   stable             true\n'
  expect(featureFacts(table)).toEqual({
    'feature code_mode': 'under development, off',
    'feature code_mode_host': 'stable, on',
  })
})

test('textFacts() finds the tools of a request in its list and in its input', () => {
  const exec = { type: 'custom', name: 'exec', description: 'runs', format: { definition: '\nstart: x\n' } }
  const own = textFacts({ tools: [exec, { type: 'web_search' }], input: [] }, 'own')
  expect(own).toEqual({
    'own: members of the request': 'input\ntools',
    'own: types of the input': '',
    'own: tools': 'exec\nweb_search',
    'own: exec, text': 'runs',
    'own: exec, definition':
      '{\n "type": "custom",\n "name": "exec",\n "format": {\n  "definition": "\nstart: x\n"\n }\n}',
    'own: web_search, text': null,
    'own: web_search, definition': '{\n "type": "web_search"\n}',
  })
  const namespace = { type: 'namespace', name: 'functions', description: '', tools: [exec] }
  const input = [
    { type: 'additional_tools', role: 'developer', tools: [namespace] },
    { type: 'message', role: 'user' },
  ]
  expect(textFacts({ input }, 'lite')).toMatchObject({
    'lite: types of the input': 'additional_tools developer\nmessage user',
    'lite: tools': 'functions\nfunctions.exec',
    'lite: functions.exec, text': 'runs',
  })
})
