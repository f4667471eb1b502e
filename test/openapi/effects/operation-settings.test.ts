import { describe, expect, test } from 'vitest'
import { openApiTools, type OpenApiOperations } from '../../../src/openapi.ts'

const document = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: 'http://127.0.0.1:9' }],
  paths: {
    '/search': { post: { operationId: 'search', summary: 'Search' } },
    '/reset': { get: { operationId: 'reset' } },
  },
}

function toolsWith(operations: OpenApiOperations): readonly object[] {
  return openApiTools(document, { name: 'shop', operations })
}

const writes = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true }
const reads = { readOnlyHint: true, openWorldHint: true }

test.each<[OpenApiOperations, object, object]>([
  [{}, { annotations: { ...writes, title: 'Search' } }, { annotations: reads }],
  [{ search: { readOnly: true } }, { annotations: { ...reads, title: 'Search' } }, { annotations: reads }],
  [{ reset: { readOnly: false } }, { annotations: { ...writes, title: 'Search' } }, { annotations: writes }],
  [{ reset: { destructive: true } }, {}, { annotations: { ...writes, destructiveHint: true } }],
  [
    { search: { idempotent: true } },
    { idempotent: true, annotations: { ...writes, idempotentHint: true, title: 'Search' } },
    {},
  ],
  [{ search: { approve: 'ask', callers: ['code'] } }, { needsApproval: 'ask', allowedCallers: ['code'] }, {}],
  [{ search: { deferred: true } }, { deferred: true }, { deferred: false }],
])('the settings %j replace the hints of the document', (operations, search, reset) => {
  const [first, second] = toolsWith(operations)
  expect(first).toMatchObject(search)
  expect(second).toMatchObject(reset)
})

describe('openApiTools() refuses', () => {
  test.each([
    [{ serch: { readOnly: true } }, 'unknown operation "serch"; did you mean "search"?'],
    [{ search: { readonly: true } }, '"search": unknown key "readonly"; did you mean "readOnly"?'],
    [{ search: { readOnly: 'yes' } }, '"readOnly" must be true or false'],
    [{ search: { readOnly: true, destructive: true } }, 'contradict each other'],
    [{ search: { approve: 'never' } }, '"approve" must be "allow", "ask" or "deny"'],
    [{ search: { callers: ['model'] } }, '"callers" must be a list of "direct" and "code"'],
    [{ search: null }, 'expected an object'],
    [7, 'expected an object with operation ids'],
  ])('the settings %j', (operations, reason) => {
    // @ts-expect-error -- callers in JavaScript can pass any value
    expect(() => toolsWith(operations)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(reason) }),
    )
  })
})
