// Reads the OpenAPI document of GitHub (13 MB, from npm, downloaded on demand) and prints the cost: every operation becomes a
// tool with a declaration, and a cell calls some of them through a real server on loopback.
import { createServer } from 'node:http'
import { declarationFile } from '../src/declarations/declaration-file.ts'
import { createCatalogue } from '../src/agent.ts'
import { createSession } from '../src/index.ts'
import { openApiTools } from '../src/openapi.ts'
import { complaintsOf } from '../test/declarations/type-checker.ts'
import { documentText, installPackages } from './openapi-requests/packages.ts'

await installPackages()
const document: unknown = await timed('parse 13 MB of JSON', () => JSON.parse(documentText('github')))
const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ path: request.url, agent: request.headers['user-agent'] ?? null }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
if (address === null || typeof address === 'string') throw new TypeError('server has no port')
const options = { name: 'github', baseUrl: `http://127.0.0.1:${address.port}`, headers: { 'user-agent': 'codecell' } }
const tools = await timed('tools of all operations', () => openApiTools(document, options))
const catalogue = await timed('catalogue', () => createCatalogue(tools))
const bytes = await timed('all declarations', () =>
  catalogue.entries.reduce((sum, { description }) => sum + Buffer.byteLength(description), 0),
)
expect(tools.length > 1000, `more than 1,000 operations, got ${tools.length}`)
// The additional entry is `tool_search`, because tools are deferred.
expect(catalogue.entries.length === tools.length + 1, `one tool per operation, got ${catalogue.entries.length}`)
console.log(`${tools.length} operations, ${Math.ceil(bytes / 4)} tokens of descriptions with declarations`)

const complaints = await timed('TypeScript 7, strict, all declarations in one file', () =>
  complaintsOf(
    declarationFile(
      catalogue.entries.map(({ identifier, tool: { kind = 'function', inputSchema, outputSchema } }) => {
        return { identifier, kind, description: '', inputSchema, outputSchema }
      }),
    ),
  ),
)
expect(complaints.length === 0, `no type errors, got ${complaints.length}: ${JSON.stringify(complaints.slice(0, 3))}`)

await using session = await timed('session', () => createSession({ tools }))
const outcome = await timed('a cell with three calls', () =>
  session.execute(`
    const [repo, issues] = await Promise.all([
      tools.github__repos_get({ owner: 'octo cat', repo: 'hello/../world' }),
      tools.github__issues_list_for_repo({ owner: 'o', repo: 'r', state: 'open', labels: 'a,b', per_page: 2 }),
    ])
    const added = await tools.github__issues_create({ owner: 'o', repo: 'r', body: { title: 'from a cell' } })
    text([repo.path, issues.path, added.path, repo.agent])
  `),
)
const shown = outcome.type === 'completed' && outcome.items[0]?.type === 'input_text' ? outcome.items[0].text : outcome
const expected = [
  '/repos/octo%20cat/hello%2F..%2Fworld',
  '/repos/o/r/issues?state=open&labels=a%2Cb&per_page=2',
  '/repos/o/r/issues',
  'codecell',
]
expect(shown === JSON.stringify(expected), `the expected requests, got ${JSON.stringify(shown)}`)
server.close()
console.log('GitHub as tools works')

async function timed<result>(what: string, work: () => result | Promise<result>): Promise<result> {
  const startedAt = performance.now()
  const value = await work()
  console.log(`${(performance.now() - startedAt).toFixed(0).padStart(6)} ms  ${what}`)
  return value
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`expected ${what}`)
}
