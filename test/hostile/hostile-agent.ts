import { createHostPool, createSession, type SessionOptions, type Tool } from '../../src/index.ts'
import { messageOf } from '../../src/errors.ts'
import { hostileValues } from './hostile-values.ts'

// An agent in which every handler misbehaves. It prints its observations as one line of JSON.

type Make = () => unknown

/** Positions in the public API where a session calls foreign code. Each returns session options that call `act`. */
const positions: { readonly [name: string]: (act: Make) => SessionOptions } = {
  'a tool': (act) => ({ tools: [tool({ call: act })] }),
  'a tool that times out': (act) => ({ tools: [tool({ call: act })], limits: { toolTimeoutMs: 1 } }),
  'the policy of a tool': (act) => ({ tools: [tool({ needsApproval: lie(act) })] }),
  revert: (act) => ({ tools: [tool({ revert: act })] }),
  onNotification: (act) => ({ tools: [tool({})], onNotification: act }),
  onWarning: (act) => ({ tools: [tool({ inputSchema: { $ref: 'https://nowhere.example/' } })], onWarning: act }),
  onCellClosed: (act) => ({ tools: [tool({})], onCellClosed: act }),
  'a listener': (act) => ({ tools: [tool({})], listeners: [{ onEvent: act }] }),
  'approvals.decide': (act) => ({ tools: [tool({})], approvals: { decide: lie(act) } }),
  'approvals.onRequest': (act) => ({ tools: [tool({ needsApproval: 'ask' })], approvals: { onRequest: lie(act) } }),
  'approvals.onBatch': (act) => ({ tools: [tool({ needsApproval: 'ask' })], approvals: { onBatch: lie(act) } }),
}

const source = `
  notify('a notification')
  await Promise.race([
    Promise.allSettled([tools.t({}), tools.t({ again: 1 }), tools.t({})]),
    new Promise((resolve) => setTimeout(resolve, 50)),
  ])
  text('done')`

function tool(rest: Partial<Tool>): Tool {
  return { name: 't', call: () => 1, ...rest }
}

/** Types `act` as a handler, although it can return anything. */
function lie(act: Make): () => never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these handlers violate their types on purpose
  return act as () => never
}

const unhandled: string[] = []
let now = 'before'
process.on('unhandledRejection', (reason) => void unhandled.push(`rejection: ${now}: ${messageOf(reason)}`))
process.on('uncaughtException', (error) => void unhandled.push(`exception: ${now}: ${error.stack}`))
process.on('warning', () => undefined)

await using hosts = createHostPool({ size: 1 })
/** The number of cells that failed because of a handler. */
let failed = 0

async function play(position: string, act: Make): Promise<void> {
  const options = positions[position]?.(act) ?? {}
  const limits = { toolTimeoutMs: 200, notificationTimeoutMs: 50, ...options.limits }
  const session = await createSession({ ...options, limits, hosts })
  const outcome = await session.execute(source, {
    // Only an ended cell can be reverted. A cell whose calls wait for a decision does not end.
    yieldTimeMs: position === 'revert' ? 600_000 : 500,
    onStarted: position === 'onCellClosed' ? act : () => undefined,
  })
  if (outcome.type === 'failed') failed++
  if (position === 'revert') await session.revert('1')
  if (outcome.type === 'yielded') await session.terminate(outcome.cellId)
  await session.close()
}

for (const position of Object.keys(positions)) {
  await Promise.all(
    Object.entries(hostileValues).flatMap(([name, make]) => {
      now = `${position}, ${name}`
      return [
        play(position, make),
        play(position, () => {
          throw make()
        }),
        // Waits because the test needs a late value.
        play(position, () => new Promise((_, reject) => setTimeout(() => reject(make()), 20))),
      ]
    }),
  )
  // Waits because late values settle on their own, without an event.
  await new Promise((resolve) => setTimeout(resolve, 150))
}
process.stdout.write(`${JSON.stringify({ unhandled: [...new Set(unhandled)], failed })}\n`)
