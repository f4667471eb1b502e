import { expect, test } from 'vitest'
import { createSession, type ApprovalRule, type Tool } from '../../../src/index.ts'
import { createCatalogue } from '../../../src/agent.ts'
import { openApiTools } from '../../../src/openapi.ts'
import { complaintsOf } from '../../declarations/type-checker.ts'
import { declarationFile } from '../../../src/declarations/declaration-file.ts'
import { startEchoServer } from '../../fixtures/echo-http-server.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { textsOf } from '../../support/texts.ts'

const alert = { type: 'object', properties: { number: { type: 'integer' } }, required: ['number'] }

const content = { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Alert' } } } }
const responses = { 200: { description: 'ok', headers: { Link: { schema: { type: 'string' } } }, content } }

/** A list whose next page only the header `link` has, as for the alerts of GitHub. */
function toolsAt(url: string): readonly Tool[] {
  const parameters = [
    { in: 'path', name: 'owner', required: true, schema: { type: 'string' } },
    { in: 'query', name: 'after', schema: { type: 'string' } },
    { in: 'query', name: 'per_page', schema: { type: 'integer' } },
  ]
  const document = {
    openapi: '3.0.3',
    info: { title: 'Alerts', version: '1' },
    servers: [{ url }],
    components: { schemas: { Alert: alert }, securitySchemes: { key: { type: 'apiKey', in: 'query', name: 'key' } } },
    paths: {
      '/orgs/{owner}/alerts': { get: { operationId: 'list', security: [{ key: [] }], parameters, responses } },
      '/list_page': { get: { operationId: 'list_page', parameters: parameters.slice(1), responses } },
    },
  }
  return openApiTools(document, { name: 'alerts', auth: { key: { key: 'k3y!' } } })
}

test('a cell reads all pages that the header link names', async () => {
  const pages = [[{ number: 1 }, { number: 2 }], [{ number: 3 }], []]
  await using server = await startEchoServer(({ url }) => {
    const index = Number(new URL(url, 'http://x').searchParams.get('after') ?? 0)
    // The path of a link can differ from that of the operation, and the query has the key.
    const next = `<${server.url}/organizations/7/alerts?per_page=2&after=${index + 1}&key=k3y%21>; rel="next"`
    const link: Record<string, string> = index === 2 ? {} : { link: next }
    return { headers: { 'content-type': 'application/json', ...link }, body: JSON.stringify(pages[index]) }
  })
  await using session = await createSession({ hosts: sharedHosts('in-process'), tools: toolsAt(server.url) })
  const outcome = await session.execute(`
    const numbers = []
    let next = { owner: 'o', per_page: 2 }
    while (next !== null) {
      const page = await tools.alerts__list_page_page(next)
      numbers.push(...page.result.map(({ number }) => number))
      next = page.next
      text(next)
    }
    text(numbers)`)
  expect(textsOf(outcome)).toEqual([
    '{"owner":"o","per_page":2,"after":"1"}',
    '{"owner":"o","per_page":2,"after":"2"}',
    'null',
    '[1,2,3]',
  ])
  expect(server.seen.map(({ url }) => url)).toEqual([
    '/orgs/o/alerts?per_page=2&key=k3y%21',
    '/orgs/o/alerts?after=1&per_page=2&key=k3y%21',
    '/orgs/o/alerts?after=2&per_page=2&key=k3y%21',
  ])
})

test('the tool for pages has the types of the operation and no name of another operation', () => {
  const tools = toolsAt('http://127.0.0.1:9')
  const [list, page] = tools
  expect(tools.map(({ name }) => name)).toEqual(['list', 'list_page_page', 'list_page', 'list_page_page_page'])
  expect(list?.description).toContain('Pages: tools.alerts__list_page_page returns { result, next }')
  expect(page).toMatchObject({ deferred: true, annotations: { readOnlyHint: true } })
  const declared = [page].flatMap((tool) => {
    if (tool === undefined) return []
    const { inputSchema, outputSchema } = tool
    return [{ identifier: 'page', kind: 'function' as const, description: '', inputSchema, outputSchema }]
  })
  const program = `${declarationFile(declared)}
    async function all(): Promise<number[]> {
      const { result, next } = await tools.page({ owner: 'o' })
      if (next !== null) await tools.page(next)
      return result.map(({ number }) => number)
    }`
  expect(complaintsOf(program)).toEqual([])
})

test('an approval rule for an operation covers its tool for pages, and a rule for that tool can come first', async () => {
  await using server = await startEchoServer(() => ({ headers: { 'content-type': 'application/json' }, body: '[]' }))
  const deny = { tools: 'alerts__list', policy: 'deny', reason: 'not today' } as const
  const allow = { tools: 'alerts__list_page_page', policy: 'allow' } as const
  const called = async (rules: readonly ApprovalRule[]): Promise<readonly string[]> => {
    const tools = toolsAt(server.url)
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools, approvals: { rules } })
    const outcome = await session.execute(`
      for (const name of ['alerts__list', 'alerts__list_page_page'])
        text(await tools[name]({ owner: 'o' }).then(() => 'called', (error) => String(error)))`)
    return textsOf(outcome)
  }
  const denied = (name: string): unknown => expect.stringMatching(new RegExp(`${name}.*: not today`))
  expect(await called([deny])).toEqual([denied('alerts__list'), denied('alerts__list_page_page')])
  expect(await called([allow, deny])).toEqual([denied('alerts__list'), 'called'])
  expect(await called([{ tools: 'alerts__li*t', policy: 'deny', reason: 'not today' }])).toEqual([
    denied('alerts__list'),
    denied('alerts__list_page_page'),
  ])
})

test.each<[what: string, ids: readonly string[], names: readonly string[]]>([
  ['of the same document', ['list-all', 'list_all'], ['api']],
  ['of other documents', ['list'], ['a.b', 'a/b']],
  ['of documents with unreadable names', ['list'], ['ä', 'ö']],
])(
  'an approval rule covers the tool for pages of an operation with the identifier of one %s',
  async (_, ids, names) => {
    await using server = await startEchoServer(() => ({ headers: { 'content-type': 'application/json' }, body: '[]' }))
    const paths = Object.fromEntries(ids.map((operationId) => [`/${operationId}`, { get: { operationId, responses } }]))
    const document = { openapi: '3.0.3', components: { schemas: { Alert: alert } }, paths }
    const tools = names.flatMap((name) => openApiTools(document, { name, baseUrl: server.url }))
    const { entries } = createCatalogue(tools)
    const identifierOf = (wanted: Tool | undefined): string =>
      entries.find(({ tool }) => tool.name === wanted?.name && tool.namespace === wanted?.namespace)?.identifier ?? ''
    const [list, page, other, otherPage] = tools
    const rules = [{ tools: identifierOf(list), policy: 'deny', reason: 'not today' }] as const
    await using session = await createSession({ hosts: sharedHosts('in-process'), tools, approvals: { rules } })
    const called = [list, page, other, otherPage].map((tool) => identifierOf(tool))
    expect(new Set(called).size).toBe(4)
    const outcome = await session.execute(`
    for (const name of ${JSON.stringify(called)})
      text(await tools[name]({}).then(() => 'called', (error) => String(error)))`)
    const denied: unknown = expect.stringContaining('not today')
    expect(textsOf(outcome)).toEqual([denied, denied, 'called', 'called'])
  },
)
