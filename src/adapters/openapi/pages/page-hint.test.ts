import { describe, expect, test } from 'vitest'
import { OpenApiDocument } from '../document/document.ts'
import { foundOperations, readOperation } from '../operation/read-operation.ts'
import { pageHintOf } from './page-hint.ts'

type Sample = {
  readonly query?: readonly string[]
  readonly body?: readonly string[]
  readonly result?: object
  readonly headers?: object
  readonly method?: string
  readonly description?: string
}

const integers = new Set([
  'page',
  'per_page',
  'limit',
  'offset',
  'startAt',
  'maxResults',
  'skip',
  'top',
  'first',
  'pageNumber',
  'page_size',
])

function typed(name: string): object {
  return { type: integers.has(name) ? 'integer' : 'string' }
}

/** Returns the hint for an operation with these parameters and this result. */
function hintOf({
  query = [],
  body = [],
  result = {},
  headers = {},
  method = 'get',
  description = '',
}: Sample): unknown {
  const properties = Object.fromEntries(body.map((name) => [name, typed(name)]))
  const requestBody = { content: { 'application/json': { schema: { type: 'object', properties } } } }
  const operation = {
    operationId: 'list',
    parameters: query.map((name) => ({ in: 'query', name, description, schema: typed(name) })),
    ...(body.length === 0 ? {} : { requestBody }),
    responses: { 200: { description: 'ok', headers, content: { 'application/json': { schema: result } } } },
  }
  const components = {
    schemas: { ListMeta: object({ continue: { type: 'string' }, resourceVersion: { type: 'string' } }) },
  }
  const document = new OpenApiDocument(
    { openapi: '3.1.0', info: {}, components, paths: { '/list': { [method]: operation } } },
    'x',
  )
  const [found] = foundOperations(document)
  const hint = found === undefined ? null : pageHintOf(document, readOperation(document, found))
  return hint?.type === 'text' ? hint.text : (hint?.type ?? null)
}

function object(properties: object): object {
  return { type: 'object', properties }
}

const [text, flag, count, list] = [
  { type: 'string' },
  { type: 'boolean' },
  { type: 'integer' },
  { type: 'array', items: {} },
]
const link = { Link: { schema: text } }

// The parameters and results are those of the documents of these services.
const samples: readonly (readonly [service: string, sample: Sample, hint: string | null])[] = [
  [
    'Kubernetes',
    {
      query: ['limit', 'continue'],
      result: object({ items: list, metadata: { $ref: '#/components/schemas/ListMeta' } }),
    },
    'Next page: pass `metadata.continue` of the result as `continue`, until it is empty.',
  ],
  [
    'Stripe',
    {
      query: ['ending_before', 'limit', 'starting_after'],
      result: object({ data: list, has_more: flag, object: text, url: text }),
    },
    'Next page: pass the id of the last item in `data` as `starting_after` while `has_more` is true.',
  ],
  [
    'the search of Stripe',
    {
      query: ['limit', 'page', 'query'],
      result: object({ data: list, has_more: flag, next_page: { type: 'string', nullable: true } }),
    },
    'Next page: pass `next_page` of the result as `page`, while `has_more` is true.',
  ],
  [
    'GitHub',
    { query: ['per_page', 'page'], result: list, headers: link },
    'Next page: add 1 to `page`, until a page has fewer than `per_page` items.',
  ],
  ['alerts of GitHub', { query: ['per_page', 'before', 'after'], result: list, headers: link }, 'link'],
  ['a list with only a header', { query: ['sort'], result: list, headers: { link: { schema: text } } }, 'link'],
  [
    'the search of GitHub',
    { query: ['q', 'per_page', 'page'], result: object({ total_count: count, incomplete_results: flag, items: list }) },
    'Next page: add 1 to `page`, until all of `total_count` are received.',
  ],
  [
    'OpenAI',
    { query: ['after', 'limit'], result: object({ data: list, first_id: text, last_id: text, has_more: flag }) },
    'Next page: pass `last_id` of the result as `after`, while `has_more` is true.',
  ],
  [
    'Anthropic',
    {
      query: ['before_id', 'after_id', 'limit'],
      result: object({ data: list, has_more: flag, first_id: text, last_id: text }),
    },
    'Next page: pass `last_id` of the result as `after_id`, while `has_more` is true.',
  ],
  [
    'Google',
    { query: ['pageSize', 'pageToken'], result: object({ files: list, nextPageToken: text }) },
    'Next page: pass `nextPageToken` of the result as `pageToken`, until it is missing or empty.',
  ],
  [
    'Slack',
    {
      query: ['cursor', 'limit'],
      result: object({ channels: list, response_metadata: object({ next_cursor: text }) }),
    },
    'Next page: pass `response_metadata.next_cursor` of the result as `cursor`, until it is missing or empty.',
  ],
  [
    'Notion',
    {
      method: 'post',
      body: ['start_cursor', 'page_size'],
      result: object({ results: list, next_cursor: text, has_more: flag }),
    },
    'Next page: pass `next_cursor` of the result as `body.start_cursor`, while `has_more` is true.',
  ],
  [
    'AWS',
    { query: ['nextToken', 'maxResults'], result: object({ items: list, nextToken: text }) },
    'Next page: pass `nextToken` of the result as `nextToken`, until it is missing or empty.',
  ],
  [
    'Jira',
    {
      query: ['startAt', 'maxResults'],
      result: object({ startAt: count, maxResults: count, total: count, issues: list }),
    },
    'Next page: add the number of received items to `startAt`, until all of `total` are received.',
  ],
  [
    'HubSpot',
    {
      query: ['limit', 'after'],
      result: object({ results: list, paging: object({ next: object({ after: text, link: text }) }) }),
    },
    'Next page: pass `paging.next.after` of the result as `after`, until it is missing or empty.',
  ],
  [
    'Django',
    {
      query: ['limit', 'offset'],
      result: object({ count, next: { type: 'string', format: 'uri' }, previous: text, results: list }),
    },
    'Next page: add the number of received items to `offset` until `next` is missing or null.',
  ],
  [
    'OData',
    { query: ['$top', '$filter'], result: object({ value: list, '@odata.nextLink': text }) },
    'Next page: pass the parameters in the query of the URL in `@odata.nextLink`, until it is missing.',
  ],
  [
    'DigitalOcean',
    {
      query: ['per_page', 'page'],
      result: object({ droplets: list, links: object({}), meta: object({ total: count }) }),
    },
    'Next page: add 1 to `page`, until all of `meta.total` are received.',
  ],
  [
    'a list of numbered pages',
    { query: ['page'], result: object({ items: list, total_pages: count }) },
    'Next page: add 1 to `page` up to `total_pages`.',
  ],
  ['a list without an end', { query: ['page'], result: list }, 'Next page: add 1 to `page`, until a page is empty.'],
  [
    'commits with the total of another object',
    { query: ['page', 'per_page'], result: object({ stats: object({ total: count }), commits: list }) },
    'Next page: add 1 to `page`, until a page has fewer than `per_page` items.',
  ],
  ['one thing', { query: ['expand'], result: object({ id: text, next: text }) }, null],
  ['a write with a page', { method: 'post', body: ['title'], result: object({ id: text }) }, null],
]

describe('pageHintOf()', () => {
  test.each(samples)('states the next page of %s', (_service, sample, hint) => {
    expect(hintOf(sample)).toBe(hint)
  })

  test('finds a header that only the description of the cursor names', () => {
    expect(
      hintOf({ query: ['after'], result: list, description: 'A cursor, as given in the [Link header](https://x).' }),
    ).toBe('link')
  })

  test('reads schemas that contain themselves', () => {
    const result: Record<string, unknown> = { type: 'object' }
    result['properties'] = { parent: result, next_cursor: text }
    result['allOf'] = [result, result]
    expect(hintOf({ query: ['cursor'], result })).toContain('`next_cursor`')
  })
})
