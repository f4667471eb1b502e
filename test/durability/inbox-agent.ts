import { appendFileSync } from 'node:fs'
import { CodecellError, createSession, type Session, type SessionEvent, type Tool } from '../../src/index.ts'
import { storedAt } from '../support/store-of.ts'

/**
 * An agent that runs a program in the session `kept`, or resumes it, and kills itself when the session emits the event `killAt`. Its
 * tools add the keys of their calls to the file `witness`. It writes `open` when the session is open, and the type of the last outcome.
 */
const [location = '', witness = '', killAt = '', program = ''] = process.argv.slice(2)

function onEvent({ type }: SessionEvent): void {
  if (type === killAt) process.kill(process.pid, 'SIGKILL')
}

const call: Tool['call'] = (_input, { key }) => {
  appendFileSync(witness, `${key}\n`)
  return 'sent'
}

const tools: readonly Tool[] = [
  { name: 'send', needsApproval: 'ask', call },
  { name: 'tick', call },
]

async function open(): Promise<Session> {
  const stored = storedAt(location, { leaseMs: 3000 })
  for (;;) {
    try {
      return await createSession({
        ...stored,
        sessionId: 'kept',
        tools,
        approvals: { hold: true },
        listeners: [{ onEvent }],
      })
    } catch (error) {
      if (!CodecellError.is(error, 'SESSION_IN_USE')) throw error
    }
    // waits because the lease of a process that was killed ends by the clock of the store
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const session = await open()
process.stdout.write('open\n')
const long = { yieldTimeMs: 600_000 }
let outcome = session.cells().length === 0 ? await session.execute(program, long) : await session.observe('1', long)
while (outcome.type === 'yielded') outcome = await session.observe('1', long)
process.stdout.write(`${outcome.type}\n`)
await session.close()
process.exit(0)
