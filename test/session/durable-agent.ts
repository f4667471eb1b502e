import { createInterface } from 'node:readline'
import { createSession, type Tool } from '../../src/index.ts'

/**
 * An agent in a process of its own, to be killed. It reads one JSON text a line: `{ do, args, id }` calls a method of its session,
 * `{ answer, value }` answers a call by its key. It writes `{ id, result }` and, for each call of a tool, `{ called, tool }`.
 */
const [folder = ''] = process.argv.slice(2)
const answers = new Map<string, (value: unknown) => void>()

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function tool(name: string, idempotent: boolean): Tool {
  return {
    name,
    idempotent,
    call: (_input, { key }) =>
      new Promise((resolve) => {
        answers.set(key, resolve)
        say({ called: key, tool: name })
      }),
  }
}

const session = await createSession({
  durable: folder,
  id: 'kept',
  tools: [tool('book', false), tool('look', true)],
  onNotification: ({ text }) => say({ notified: text }),
})
say({ opened: session.cells() })

for await (const line of createInterface({ input: process.stdin })) {
  const { answer, value, id, method, args } = JSON.parse(line)
  if (answer !== undefined) answers.get(answer)?.(value)
  else void run(id, method, args)
}

async function run(id: number, method: 'execute' | 'observe' | 'terminate', args: [string, object]): Promise<void> {
  say({ id, result: await session[method](...args) })
}
