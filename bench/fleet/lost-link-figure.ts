import { createSession, type Session } from '../../src/index.ts'
import { LinkedHosts } from '../../test/support/links/linked-hosts.ts'
import { median } from '../statistics.ts'
import type { Figure } from './figure.ts'

const cells = 100

/** Measures the time until all cells of a lost link have resumed, as a ratio to the start of as many cells. */
export async function lostLinkFigure(rounds: number): Promise<readonly Figure[]> {
  const all: { readonly startMs: number; readonly resumeMs: number }[] = []
  for (let round = 0; round < rounds; round++) all.push(await measure())
  const of = (pick: (each: (typeof all)[number]) => number): number => median(all.map(pick))
  return [
    {
      figure: `all ${cells} busy cells of a lost link resume`,
      against: 'a start of as many cells',
      ratio: of(({ startMs, resumeMs }) => resumeMs / startMs),
      target: { max: 2 },
      values: `${of(({ resumeMs }) => resumeMs).toFixed(0)} ms; start ${of(({ startMs }) => startMs).toFixed(0)} ms`,
    },
  ]
}

async function measure(): Promise<{ readonly startMs: number; readonly resumeMs: number }> {
  await using linked = await LinkedHosts.start({ size: 1, maxCells: cells })
  const seen = new Seen()
  const tools = [
    { name: 'tick', annotations: { readOnlyHint: true }, call: async (input: unknown) => await seen.tick(input) },
  ]
  await using session = await createSession({ hosts: linked.pool, tools })
  await session.execute('text(1)')
  const startMs = await seen.all(() => startCells(session))
  const resumeMs = await seen.all(() => void linked.relay.cut('reset'))
  return { startMs, resumeMs }
}

function startCells(session: Session): void {
  for (let id = 0; id < cells; id++) {
    const source = `for (let n = 0; ; n++) await tools.tick({ id: ${id}, n })`
    void session.execute(source, { yieldTimeMs: 1 }).catch(() => undefined)
  }
}

/** Notices when each cell has made a new call. */
class Seen {
  readonly #ids = new Set<number>()
  #onAll: () => void = () => undefined

  /** Runs `work`. Returns the time until each cell has called after it. */
  async all(work: () => void): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>()
    // Calls of before the cut have ended by now, or are given up.
    const startedAt = performance.now()
    work()
    this.#ids.clear()
    this.#onAll = resolve
    await promise
    return performance.now() - startedAt
  }

  async tick(input: unknown): Promise<void> {
    this.#ids.add(Number(Object(input).id))
    if (this.#ids.size === cells) this.#onAll()
    // A tool that takes its time.
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
