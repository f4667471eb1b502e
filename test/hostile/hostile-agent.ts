import { createHostPool, createSession, type SessionOptions, type Tool } from '../../src/index.ts'
import { messageOf } from '../../src/errors.ts'
import { hostileValues } from './hostile-values.ts'

// An agent whose every part misbehaves. It says what it saw on its standard output: one line of JSON.

type Make = () => unknown

/** Places in the public API where a session calls the code of others: each gives the options and tools in which `act` is called. */
const places: { readonly [name: string]: (act: Make) => SessionOptions } = {
  'a tool': (act) => ({ tools: [tool({ call: act })] }),
  'a tool without time': (act) => ({ tools: [tool({ call: act })], limits: { toolTimeoutMs: 1 } }),
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

/** The types say what a handler returns; here it returns anything. */
function lie(act: Make): () => never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- lying is what this file is for
  return act as () => never
}

const unhandled: string[] = []
let now = 'before'
process.on('unhandledRejection', (reason) => void unhandled.push(`rejection: ${now}: ${messageOf(reason)}`))
process.on('uncaughtException', (error) => void unhandled.push(`exception: ${now}: ${error.stack}`))
process.on('warning', () => undefined)

await using hosts = createHostPool({ size: 1 })
/** Cells that failed because of what happened around them. */
let failed = 0

async function play(place: string, act: Make): Promise<void> {
  const options = places[place]?.(act) ?? {}
  const limits = { toolTimeoutMs: 200, notificationTimeoutMs: 50, ...options.limits }
  const session = await createSession({ ...options, limits, hosts })
  const outcome = await session.execute(source, {
    // Only what has ended can be reverted. A cell whose calls wait for a decision does not end.
    yieldTimeMs: place === 'revert' ? 600_000 : 500,
    onStarted: place === 'onCellClosed' ? act : () => undefined,
  })
  if (outcome.type === 'failed') failed++
  if (place === 'revert') await session.revert('1')
  if (outcome.type === 'yielded') await session.terminate(outcome.cellId)
  await session.close()
}

for (const place of Object.keys(places)) {
  await Promise.all(
    Object.entries(hostileValues).flatMap(([name, make]) => {
      now = `${place}, ${name}`
      return [
        play(place, make),
        play(place, () => {
          throw make()
        }),
        // waits because a value that comes late is what the test is about
        play(place, () => new Promise((_, reject) => setTimeout(() => reject(make()), 20))),
      ]
    }),
  )
  // What comes late comes now.
  // waits because what a value does late is what the test is about
  await new Promise((resolve) => setTimeout(resolve, 150))
}
process.stdout.write(`${JSON.stringify({ unhandled: [...new Set(unhandled)], failed })}\n`)
