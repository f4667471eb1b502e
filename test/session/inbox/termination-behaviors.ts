import { expect, test, vi } from 'vitest'
import { createCodeModeTools, readSession, terminateCell, type SessionOptions, type Tool } from '../../../src/index.ts'
import { textsOf } from '../../support/texts.ts'
import type { NewPlace } from './stored-places.ts'

const long = { yieldTimeMs: 600_000 }

/** A tool whose calls do not return, with the signals of its calls. */
function stuckTool(rest: Partial<Tool> = {}): {
  readonly tools: readonly Tool[]
  readonly signals: readonly AbortSignal[]
} {
  const signals: AbortSignal[] = []
  const call: Tool['call'] = (_input, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  return { tools: [{ name: 'stick', call, ...rest }], signals }
}

/** Programs that never end, by what they do. */
const programs: Readonly<Record<string, string>> = {
  'waits for a tool': `text('before'); yield_control(); await tools.stick({})`,
  'waits for a timer': `text('before'); yield_control(); await new Promise((resolve) => setTimeout(resolve, 1e8))`,
  computes: `text('before'); yield_control(); await 0; for (;;);`,
}

/** Describes the terminations of cells of a session in one kind of storage by other processes. */
export function describeTerminations(place: NewPlace): void {
  test.each(Object.entries(programs))(
    'ends a cell that %s, and the next observation has the output',
    async (_name, source) => {
      const { at, open } = await place()
      const { tools, signals } = stuckTool()
      await using session = await open({ tools })
      expect(textsOf(await session.execute(`text('first'); yield_control(); ${source}`, long))).toEqual(['first'])
      expect(await terminateCell({ ...at, cellId: '1' })).toEqual({ type: 'requested' })
      await vi.waitFor(
        async () => expect((await readSession(at)).cells).toMatchObject({ running: 0, finished: 1 }),
        60_000,
      )
      expect((await readSession(at)).cellList).toMatchObject([{ state: { type: 'finished', ending: 'terminated' } }])
      const outcome = await session.observe('1', long)
      expect([outcome.type, textsOf(outcome)]).toEqual(['terminated', ['before']])
      expect(signals.every(({ aborted }) => aborted)).toBe(true)
      expect((await readSession(at)).cellList).toMatchObject([{ state: { type: 'closed', ending: 'terminated' } }])
      expect(await session.observe('1', long)).toMatchObject({ type: 'missing' })
    },
  )

  test('reaches an observer and a follower that wait', async () => {
    const { at, open } = await place()
    await using session = await open({ tools: stuckTool().tools })
    await session.execute(`yield_control(); text('seen'); await tools.stick({})`, long)
    const events: string[] = []
    const following = (async () => {
      for await (const event of session.follow('1', { takesOutput: false })) {
        events.push(event.type === 'ended' ? event.outcome.type : event.type)
      }
    })()
    const observed = session.observe('1', long)
    await terminateCell({ ...at, cellId: '1' })
    const outcome = await observed
    expect([outcome.type, textsOf(outcome)]).toEqual(['terminated', ['seen']])
    await following
    expect(events.at(-1)).toBe('terminated')
  })

  test('reaches a model in the response of its next wait', async () => {
    const { at, open } = await place()
    await using session = await open({ tools: stuckTool().tools })
    const { exec, wait } = createCodeModeTools(session)
    await exec.call({ code: `text('before'); await tools.stick({})`, yield_time_ms: 1 })
    await terminateCell({ ...at, cellId: '1' })
    const { items } = await wait.call({ cell_id: '1', yield_time_ms: 600_000 })
    expect(textsOf({ items }).join('\n')).toMatch(/^Script terminated/)
  })

  test('ends a cell of a session that no process has open, which does not run again', async () => {
    const { at, open } = await place()
    const { tools, signals } = stuckTool()
    const first = await open({ tools })
    await first.execute(
      `yield_control(); await tools.stick({ n: 1 }).catch(() => 0); await tools.stick({ n: 2 })`,
      long,
    )
    await vi.waitFor(() => expect(signals).toHaveLength(1))
    await first.close()
    expect(await terminateCell({ ...at, cellId: '1' })).toEqual({ type: 'requested' })
    expect(await terminateCell({ ...at, cellId: '1' })).toEqual({ type: 'requested' })
    const again = stuckTool()
    await using second = await open({ tools: again.tools })
    expect(await second.observe('1', long)).toMatchObject({ type: 'terminated', items: [] })
    expect(again.signals).toEqual([])
    expect(second.ledger()).toMatchObject([{ state: 'unknown' }])
    expect(await terminateCell({ ...at, cellId: '1' })).toEqual({ type: 'ended', ending: 'terminated' })
  })

  test('withdraws the pending calls and deferred calls of the cell', async () => {
    const { at, open } = await place()
    const tools: Tool[] = [
      { name: 'send', needsApproval: 'ask', call: () => 'sent' },
      { name: 'review', call: (_input, context) => context.defer() },
    ]
    const options: SessionOptions = { tools, approvals: { hold: true } }
    await using session = await open(options)
    await session.execute(`await Promise.all([tools.send({}), tools.review({})])`, long)
    expect(session.pendingApprovals()).toHaveLength(1)
    await terminateCell({ ...at, cellId: '1' })
    expect(await session.observe('1', long)).toMatchObject({ type: 'terminated' })
    expect(session.pendingApprovals()).toEqual([])
    expect(session.ledger().map(({ state }) => state)).toEqual(['not_started', 'unknown'])
  })

  test('survives the close of the session, and is answered to a repeated request', async () => {
    const { at, open } = await place()
    const { tools } = stuckTool()
    const first = await open({ tools })
    await first.execute(`text('before'); yield_control(); text('after'); await tools.stick({})`, long)
    await terminateCell({ ...at, cellId: '1' })
    await vi.waitFor(async () => expect((await readSession(at)).cells).toMatchObject({ finished: 1 }), 60_000)
    await first.close()
    await using second = await open({ tools })
    const outcome = await second.observe('1', { ...long, requestId: 'r' })
    expect([outcome.type, textsOf(outcome)]).toEqual(['terminated', ['after']])
    expect(await second.observe('1', { ...long, requestId: 'r' })).toMatchObject({ type: 'terminated', isReplay: true })
  })

  test('of a cell that has ended returns its ending, and that of an unknown cell is refused', async () => {
    const { at, open } = await place()
    await using session = await open({})
    await session.execute('text(1)', long)
    await session.execute('throw new Error("x")', long)
    expect(await terminateCell({ ...at, cellId: '1' })).toEqual({ type: 'ended', ending: 'completed' })
    expect(await terminateCell({ ...at, cellId: '2' })).toEqual({ type: 'ended', ending: 'failed' })
    for (const cellId of ['3', '', '01', '../1']) {
      await expect(terminateCell({ ...at, cellId })).rejects.toMatchObject({ code: 'CELL_NOT_FOUND' })
    }
    await expect(terminateCell({ ...at, sessionId: 'other', cellId: '1' })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
    })
  })
}
