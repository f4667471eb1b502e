import { expect, test } from 'vitest'
import { callResultOf, callResultSchema } from './call-result.ts'

const text = { type: 'text', text: 'a' }
const odd = { type: 'json', json: null }
const image = { type: 'image', data: 'AAAA', mimeType: 'image/png' }
const audio = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav', _meta: { a: null } }
const link = { type: 'resource_link', uri: 'file:///a', name: 'a', size: 4 }
const embedded = { type: 'resource', resource: { uri: 'a:b', blob: 'AAAA', mimeType: 'a/b' } }

test.each([
  ['blocks of every type', { content: [text, image, audio, link, embedded] }, [text, image, audio, link, embedded]],
  ['a block of an unknown type', { content: [odd, text] }, [odd, text]],
  ['a block without a type', { content: [{ text: 'a' }, {}] }, [{ text: 'a' }, {}]],
  ['null in a block', { content: [{ ...text, annotations: null, _meta: null, title: null }] }, [text]],
  [
    'null in annotations',
    { content: [{ ...text, annotations: { audience: null, priority: 1, lastModified: null } }] },
    [{ ...text, annotations: { priority: 1 } }],
  ],
  ['null in a link', { content: [{ ...link, description: null, mimeType: null, icons: null }] }, [link]],
  [
    'null in a resource',
    { content: [{ type: 'resource', resource: { uri: 'a:b', text: 'a', blob: null, mimeType: null } }] },
    [{ type: 'resource', resource: { uri: 'a:b', text: 'a' } }],
  ],
  ['strings as blocks', { content: ['a'] }, [text]],
  ['a string as its content', { content: 'a' }, [text]],
  ['one block as its content', { content: text }, [text]],
  ['no content', {}, []],
  ['null as its content', { content: null }, []],
  ['only metadata', { _meta: { a: 1 } }, []],
  ['the result of the first protocol', { toolResult: { n: 1 } }, [{ type: 'text', text: '{"toolResult":{"n":1}}' }]],
  ['other members', { output: 'x', took: 4 }, [{ type: 'text', text: '{"output":"x","took":4}' }]],
])('callResultOf() passes on a result with %s', (_what, result, content) => {
  expect(callResultOf(result)).toEqual({ content })
})

test.each([[{ n: 1 }], [[1]], ['a'], [0], [false]])(
  'callResultOf() passes on the structured content %j, whatever the schema of the tool is',
  (structuredContent) => {
    expect(callResultOf({ structuredContent, other: 1, content: [] })).toEqual({ content: [], structuredContent })
  },
)

test.each([
  [true, { isError: true }],
  [false, { isError: false }],
  ['true', { isError: true }],
  ['True', { isError: true }],
  [1, { isError: true }],
  ['false', {}],
  ['', {}],
  [0, {}],
  [null, {}],
  [{}, {}],
])('callResultOf() reads %j as the mark of an error %j', (isError, expected) => {
  expect(callResultOf({ content: [], isError })).toEqual({ content: [], ...expected })
})

test.each([
  [null, 'null'],
  [5, '5'],
  [[], '[]'],
  [true, 'true'],
])('callResultOf() names the block %j, which cannot be read, and keeps the others', (block, quoted) => {
  const named = { type: 'text', text: `Block 1 of the result cannot be read: expected an object, got ${quoted}` }
  expect(callResultOf({ content: [text, block, odd] })).toEqual({ content: [text, named, odd] })
})

test.each([null, undefined, 'a', 5, []])('callResultOf() reads %j as a result without content', (received) => {
  expect(callResultOf(received)).toEqual({ content: [] })
})

test('the metadata of a result is neither delivered nor declared', () => {
  expect(callResultOf({ content: [], structuredContent: null, _meta: { a: 1 } })).toEqual({ content: [] })
  expect(JSON.stringify(callResultSchema({ type: 'object' }))).not.toContain('_meta')
})
