import { readFileSync } from 'node:fs'
import { createSession } from '../../src/index.ts'
import { connectMcpServers } from '../../src/mcp.ts'

// An agent that runs a program in a durable session against the filesystem server, to be killed: it reports when a call
// reaches a tool, and forwards every result. Arguments: the storage directory, the program, the server, the directory
// that it may read, and the number of results that have arrived.
const [sessions = '', program = '', server = '', folder = '', countText = '0'] = process.argv.slice(2)

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

const servers = await connectMcpServers([
  { name: 'filesystem', type: 'stdio', command: process.execPath, args: [server, folder], env: {}, cwd: null },
])
const session = await createSession({
  storage: sessions,
  sessionId: 'example',
  tools: servers.tools.map((tool) => ({
    ...tool,
    call: (input, context) => {
      say({ called: context.key })
      return tool.call(input, context)
    },
  })),
})
const source = readFileSync(program, 'utf8')
for (let turn = Number(countText); ; turn++) {
  const options = { requestId: `turn-${turn}`, yieldTimeMs: 200 }
  const outcome = turn === 0 ? await session.execute(source, options) : await session.observe('1', options)
  say({ turn, outcome })
  if (outcome.type !== 'yielded') break
}
await session.close()
await servers[Symbol.asyncDispose]()
