import { setTimeout as delay } from 'node:timers/promises'
import { createHostPool, createSession, type Session, type SessionOptions } from '../../src/index.ts'

// An agent whose tools, handlers and policies never settle. It reports how much heap ended cells and sessions retain, in MiB.
// It needs --expose-gc.

const never = (): Promise<never> => new Promise(() => undefined)
const retained: unknown[] = []

/** Returns a promise that never settles and stays reachable, like a request without a response. */
function hang(): Promise<never> {
  const promise = never()
  retained.push(promise)
  return promise
}

const text = (input: unknown): string => JSON.stringify(input).padEnd(8 * 2 ** 20, 'x')

const scenarios: { readonly [name: string]: SessionOptions & { readonly source: string } } = {
  'a tool': { source: 'await tools.hang({})' },
  onNotification: { onNotification: hang, source: 'notify("x"); await new Promise(() => 0)' },
  'the policy of a tool': { source: 'await tools.asks({})' },
  'approvals.decide': {
    approvals: { decide: ({ identifier }) => (identifier === 'hang' ? hang() : null) },
    source: 'await tools.hang({})',
  },
  'approvals.onRequest': { approvals: { onRequest: hang }, source: 'await tools.guarded({})' },
  'approvals.onBatch': { approvals: { onBatch: hang }, source: 'await tools.guarded({})' },
}

await using hosts = createHostPool({ size: 1 })

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    // Waits because finalizers run some turns after a collection.
    await delay(20)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed / 2 ** 20
}

async function begin({ source, ...options }: SessionOptions & { readonly source: string }): Promise<Session> {
  const session = await createSession({
    ...options,
    hosts,
    limits: { maxReplayCharsInMemory: 2 ** 30 },
    tools: [
      { name: 'hang', call: hang },
      { name: 'read', call: text },
      { name: 'asks', call: text, needsApproval: hang },
      { name: 'guarded', call: text, needsApproval: 'ask' },
    ],
  })
  const read = 'for (let n = 0; n < 4; n++) { const page = await tools.read({ n }); store("k" + n, page.slice(1)) }'
  await session.execute(`${read}; yield_control(); ${source}`)
  // Waits until the handlers have been called.
  await session.observe('1', { yieldTimeMs: 300 })
  return session
}

const before = await heap()
const figures: Record<string, { readonly running: number; readonly ended: number; readonly closed: number }> = {}
for (const [name, scenario] of Object.entries(scenarios)) {
  const start = await heap()
  let session: Session | null = await begin(scenario)
  const running = (await heap()) - start
  await session.terminate('1')
  const ended = (await heap()) - start
  await session.close()
  session = null
  figures[name] = { running, ended, closed: (await heap()) - start }
}
process.stdout.write(`${JSON.stringify({ figures, left: (await heap()) - before })}\n`)
process.exit(0)
