import { cpSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { CodecellError, createSession, type Tool } from '../../src/index.ts'
import { plainKey } from '../support/keys.ts'

/**
 * An agent in a process of its own, to be killed. It reads one JSON text a line: `{ do, args, id }` calls a method of its session,
 * `{ answer, value }` answers a call by its key, `{ read, id }` reads every file of a folder, as a backup does. It writes
 * `{ id, result }` or `{ id, error }` and, for each call of a tool, `{ called, tool }`.
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
        answers.set(plainKey(key), resolve)
        say({ called: plainKey(key), tool: name, key })
      }),
  }
}

const session = await createSession({
  storage: folder,
  sessionId: 'kept',
  tools: [tool('book', false), tool('look', true)],
  onNotification: ({ text }) => say({ notified: text }),
})
say({ opened: session.cells() })

for await (const line of createInterface({ input: process.stdin })) {
  const { answer, value, id, method, args, read } = JSON.parse(line)
  if (answer !== undefined) answers.get(answer)?.(value)
  else if (read !== undefined) {
    cpSync(read, `${read}.backup-${process.pid}`, { recursive: true })
    say({ id, result: 'copied' })
  } else void run(id, method, args)
}

async function run(id: number, method: 'execute' | 'observe' | 'terminate', args: [string, object]): Promise<void> {
  await session[method](...args).then(
    (result) => say({ id, result }),
    (error: unknown) => say({ id, error: error instanceof CodecellError ? error.code : String(error) }),
  )
}
