import { cpSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { CodecellError, createSession, type Tool } from '../../src/index.ts'
import { storedAt } from '../support/store-of.ts'
import { plainKey } from '../support/keys.ts'

/**
 * An agent in its own process, which tests kill. It reads one JSON object per line: `{ method, args, id }` calls a method of its
 * session, `{ answer, value }` settles a call by its key, and `{ read, id }` reads every file of a folder, like a backup. It writes
 * `{ id, result }` or `{ id, error }`, and `{ called, tool }` for each call of a tool.
 */
const [location = ''] = process.argv.slice(2)
const pendingCalls = new Map<string, (value: unknown) => void>()

function writeLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

function tool(name: string, idempotent: boolean): Tool {
  return {
    name,
    idempotent,
    call: (_input, { key }) =>
      new Promise((resolve) => {
        pendingCalls.set(plainKey(key), resolve)
        writeLine({ called: plainKey(key), tool: name, key })
      }),
  }
}

const session = await createSession({
  ...storedAt(location),
  sessionId: 'kept',
  tools: [tool('book', false), tool('look', true)],
  onNotification: ({ text }) => writeLine({ notified: text }),
})
writeLine({ opened: session.cells() })

for await (const line of createInterface({ input: process.stdin })) {
  const { answer, value, id, method, args, read } = JSON.parse(line)
  if (answer !== undefined) pendingCalls.get(answer)?.(value)
  else if (read !== undefined) {
    cpSync(read, `${read}.backup-${process.pid}`, { recursive: true })
    writeLine({ id, result: 'copied' })
  } else void run(id, method, args)
}

async function run(id: number, method: 'execute' | 'observe' | 'terminate', args: [string, object]): Promise<void> {
  await session[method](...args).then(
    (result) => writeLine({ id, result }),
    (error: unknown) => writeLine({ id, error: error instanceof CodecellError ? error.code : String(error) }),
  )
}
