import { createInterface } from 'node:readline'
import type { Tool } from '../../src/index.ts'
import { createNode, postgresStore, sqliteStore } from '../../src/store.ts'

// node-agent.js <location of the store>
// A node whose tools report their calls as lines of JSON: `{ opened }`, `{ called, session, n }`, `{ used, items }`. The tool `hang`
// never returns, `review` is deferred, and `kill` kills the process. A session whose id begins with `poison` kills the process while
// it is opened. Lines on standard input are `{ use, source }`.

const [location = ''] = process.argv.slice(2)

function write(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function toolsOf(session: string): readonly Tool[] {
  const reporting = (called: string, rest: Partial<Tool>): Tool => ({
    name: called,
    call: (input) => {
      write({ called, session, n: Object(input).n ?? null })
      return 1
    },
    ...rest,
  })
  const idempotent = { annotations: { idempotentHint: true } }
  return [
    reporting('send', {}),
    { name: 'hang', ...idempotent, call: () => (write({ called: 'hang', session }), new Promise(() => undefined)) },
    { name: 'review', call: (_input, context) => (write({ called: context.key, session }), context.defer()) },
    { name: 'kill', ...idempotent, call: () => void process.kill(process.pid, 'SIGKILL') },
  ]
}

const leaseMs = 3000
const store = location.startsWith('postgres:')
  ? postgresStore(location, { leaseMs })
  : sqliteStore(location.replace(/^sqlite:/, ''), { leaseMs })
const node = createNode({
  store,
  hibernateMs: 50,
  session: (sessionId) => {
    write({ opened: sessionId })
    if (sessionId.startsWith('poison')) process.kill(process.pid, 'SIGKILL')
    return { tools: toolsOf(sessionId) }
  },
  onError: (error, sessionId) => write({ failed: sessionId, error: String(error) }),
})

for await (const line of createInterface({ input: process.stdin })) {
  const { use, source }: { readonly use: string; readonly source: string | null } = JSON.parse(line)
  void node
    .use(use, async (session) =>
      source === null
        ? await session.observe('1', { yieldTimeMs: 60_000 })
        : await session.execute(source, { yieldTimeMs: 0 }),
    )
    .then((outcome) => write({ used: use, outcome }))
}
await node[Symbol.asyncDispose]()
await store[Symbol.asyncDispose]()
