import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHostPool, createSession, type HostPool, type Session } from '../src/index.ts'

// node bench/durable-snapshots.ts
// Compares the time until a cell of a session that is opened again waits, with its snapshot and without it, in turns, as rows for
// `docs/performance.md`.

const rounds = 7

/** Keeps a small part of each result, as most programs do. */
const sourceOf = (commands: number): string => `
  const seen = []
  for (let i = 0; i < ${commands}; i++) {
    const { sum, rows } = await tools.add({ i })
    seen.push(sum)
    if (i % 10 === 0) text("at " + i + ": " + seen.length + rows)
  }
  text(await tools.gate({}))`

const rows = 'x'.repeat(100)

/** Opens the session. `waiting` resolves when its cell waits for the tool `gate`. */
async function open(storage: string, hosts: HostPool): Promise<{ session: Session; waiting: Promise<void> }> {
  const { promise: waiting, resolve } = Promise.withResolvers<void>()
  const session = await createSession({
    storage,
    sessionId: 's',
    hosts,
    tools: [
      { name: 'add', call: (input) => ({ sum: JSON.stringify(input).length, rows }) },
      {
        name: 'gate',
        idempotent: true,
        call: () => {
          resolve()
          return new Promise(() => undefined)
        },
      },
    ],
  })
  return { session, waiting }
}

async function reopenMs(storage: string, hosts: HostPool): Promise<number> {
  const from = performance.now()
  const { session, waiting } = await open(storage, hosts)
  await waiting
  const ms = performance.now() - from
  await session.close({ graceMs: 0 })
  return ms
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

await using hosts = createHostPool({ engine: 'quickjs', size: 1 })
// Waiting for a tool does not keep the process alive.
const alive = setInterval(() => undefined, 1000)
for (const commands of [1000, 10_000]) {
  const storage = mkdtempSync(join(tmpdir(), 'codecell-bench-'))
  const snapshot = join(storage, 's', 'cells', '1.snapshot')
  const [restores, replays]: [number[], number[]] = [[], []]
  try {
    const { session, waiting } = await open(storage, hosts)
    await session.execute(sourceOf(commands), { yieldTimeMs: 0 })
    await waiting
    // waits until the program is idle: a cell that computes leaves no snapshot.
    await new Promise((done) => setTimeout(done, 500))
    await session.close({ graceMs: 0 })
    for (let round = 0; round < rounds; round++) {
      restores.push(await reopenMs(storage, hosts))
      rmSync(snapshot, { force: true })
      replays.push(await reopenMs(storage, hosts))
    }
  } finally {
    rmSync(storage, { recursive: true, force: true })
  }
  const [restoreMs, replayMs] = [medianOf(restores), medianOf(replays)]
  const cells = [replayMs, restoreMs].map((ms) => `${ms.toFixed(1)} ms`)
  console.log(`| ${[commands.toLocaleString('en-US'), ...cells, (restoreMs / replayMs).toFixed(2)].join(' | ')} |`)
}
clearInterval(alive)
