import { createSession, type SessionEvent, type Tool } from '../../src/index.ts'

/**
 * An agent with a deferred call, which kills itself when its session emits the event `killAt`. It writes the key of the call when its
 * tool is called, and `waiting` when the cell waits for its result.
 */
const [folder = '', killAt = ''] = process.argv.slice(2)

let isWaiting = false

function onEvent({ type }: SessionEvent): void {
  if (isWaiting && type === killAt) process.kill(process.pid, 'SIGKILL')
}

const review: Tool = {
  name: 'review',
  call: (_input, context) => {
    process.stdout.write(`${context.key}\n`)
    return context.defer()
  },
}

const session = await createSession({ storage: folder, sessionId: 'kept', tools: [review], listeners: [{ onEvent }] })
const outcome = await session.execute('text("before"); text(await tools.review({}))', { yieldTimeMs: 600_000 })
isWaiting = true
process.stdout.write(`${outcome.type === 'yielded' ? 'waiting' : outcome.type}\n`)
await session.observe('1', { yieldTimeMs: 600_000 })
