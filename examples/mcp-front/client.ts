// An MCP client of `codecell serve`: it gets two tools instead of those of three servers, and its user approves the calls that write.
// Run: npm start
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const client = new Client(
  { name: 'example', version: '1.0.0' },
  { capabilities: { elicitation: { form: {} } } }, // the client can ask its user
)

// A client with a window shows this form. The example prints it, and accepts.
client.setRequestHandler('elicitation/create', ({ params }) => {
  console.log(`\nThe user is asked:\n${params.message}`)
  if (!('requestedSchema' in params)) return { action: 'decline' }
  const names = Object.keys(params.requestedSchema.properties).filter((name) => name.startsWith('decision'))
  return { action: 'accept', content: Object.fromEntries(names.map((name) => [name, 'allow these calls'])) }
})

await client.connect(
  new StdioClientTransport({ command: 'npx', args: ['--no-install', 'codecell', 'serve', '--ask', 'writes'] }),
)
try {
  const { tools } = await client.listTools()
  console.log(`tools of the client: ${tools.map(({ name }) => name).join(', ')}`)

  // A model writes this program after it has read the description of `exec`. It uses all three servers in one turn.
  const code = `
    const read = async (path) => (await tools.mcp__files__read_text_file({ path })).content[0].text
    const [team, plan] = await Promise.all(['team.txt', 'plan.txt'].map(read))
    const days = plan.match(/\\d+/g).map(Number)
    const sum = await tools.mcp__everything__get_sum({ a: days[0], b: days[1] })
    text(sum.content[0].text)
    const entities = ['Lighthouse', 'Compass'].map((name) => ({
      name,
      entityType: 'project',
      observations: team.split('\\n').filter((line) => line.includes(name)),
    }))
    await tools.mcp__memory__create_entities({ entities })
    const { structuredContent } = await tools.mcp__memory__search_nodes({ query: 'Compass' })
    text(structuredContent.entities)`
  const { content, isError } = await client.callTool({ name: 'exec', arguments: { code } })
  const texts = content.map((item) => (item.type === 'text' ? item.text : `(${item.type})`))
  console.log(`\nThe model reads:\n${texts.join('\n')}`)
  if (isError === true) process.exitCode = 1
} finally {
  await client.close()
}
