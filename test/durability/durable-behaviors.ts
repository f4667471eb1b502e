import { expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { DurableAgent } from './durable-process.ts'
import type { StoredSession } from './stored-session.ts'

/** Returns the type of an outcome and its texts. */
function summaryOf(outcome: unknown): string {
  if (!isRecord(outcome)) return String(outcome)
  const items = Array.isArray(outcome['items']) ? outcome['items'] : []
  const texts = items.map((item: unknown) => (isRecord(item) ? String(item['text']) : ''))
  return [String(outcome['type']), ...texts].join(' | ')
}

async function ledgerOf(stored: StoredSession): Promise<readonly string[]> {
  return (await stored.read()).ledger.map(({ callId, state }) => `${callId} ${state}`)
}

/** Returns the number of persisted timers that have not fired. */
async function openTimers(stored: StoredSession): Promise<number> {
  return (await stored.read()).cellList.flatMap(({ state }) =>
    state.type === 'running' ? state.waits.filter(({ type }) => type === 'timer') : [],
  ).length
}

/** Describes a stored session on the end of its agent, wherever it is stored. */
export function describeDurableSession(newStored: () => Promise<StoredSession>): void {
  test('a session retries a pending call of a killed agent only when its tool is idempotent', async () => {
    const stored = await newStored()
    const source = `text('got ' + await tools.book({ n: 1 }))
const rest = await Promise.allSettled([tools.book({ n: 2 }), tools.look({ n: 3 })])
for (const { value, reason } of rest) text(String(value ?? reason))`
    {
      await using agent = await DurableAgent.start(stored)
      void agent.ask('execute', source, { yieldTimeMs: 0 })
      await agent.called(1)
      expect(await ledgerOf(stored)).toEqual(['tool-1 started'])
      agent.answer('kept/1/tool-1', 'one')
      await agent.called(3)
      expect(await ledgerOf(stored)).toEqual(['tool-1 applied', 'tool-2 started', 'tool-3 started'])
      await agent.kill()
    }
    await using agent = await DurableAgent.start(stored)
    await agent.called(1)
    agent.answer('kept/1/tool-3', 'three')
    const unknown =
      'tool `book`: the outcome of this call is unknown: the process ended before the result was recorded; the call is not retried (key kept/1/tool-2~TOKEN)'
    expect(summaryOf(await agent.ask('observe', '1')).replace(/~\w+/, '~TOKEN')).toBe(
      `completed | got one | ${unknown} | three`,
    )
    expect(agent.calls).toEqual(['look kept/1/tool-3'])
    expect(await ledgerOf(stored)).toEqual(['tool-1 applied', 'tool-2 unknown', 'tool-3 applied'])
  })

  test('a session resumes after its agent exited without closing it', async () => {
    const stored = await newStored()
    {
      await using agent = await DurableAgent.start(stored)
      await agent.ask('execute', 'text(await tools.look({ n: 1 }))', { yieldTimeMs: 0 })
      await agent.called(1)
      await agent.end()
    }
    await using agent = await DurableAgent.start(stored)
    await agent.called(1)
    agent.answer('kept/1/tool-1', 'one')
    expect(summaryOf(await agent.ask('observe', '1'))).toBe('completed | one')
  })

  test('a pending call of a killed agent becomes unknown when its cell ends first', async () => {
    const stored = await newStored()
    {
      await using agent = await DurableAgent.start(stored)
      void agent.ask('execute', 'await tools.look({ n: 1 })', { yieldTimeMs: 0 })
      await agent.called(1)
      await agent.kill()
    }
    await using agent = await DurableAgent.start(stored)
    expect(summaryOf(await agent.ask('terminate', '1'))).toBe('terminated')
    expect(await ledgerOf(stored)).toEqual(['tool-1 unknown'])
  })

  test('a session repeats a response that was delivered before a kill only for its request id', async () => {
    const stored = await newStored()
    const source = `text('a ' + Math.random()); notify('n1'); yield_control(); text('b ' + await tools.look()); notify('n2')`
    let first: unknown
    {
      await using agent = await DurableAgent.start(stored)
      first = await agent.ask('execute', source, { requestId: 'call-1' })
      expect(summaryOf(first)).toMatch(/^yielded \| a 0\.\d+$/)
      await agent.called(1)
      // A later response shows that the delivery is persisted.
      expect(summaryOf(await agent.ask('execute', 'text(2)'))).toBe('completed | 2')
      await agent.kill()
    }
    await using agent = await DurableAgent.start(stored)
    expect(await agent.ask('execute', source, { requestId: 'call-1' })).toEqual(replayOf(first))
    await agent.called(1)
    agent.answer('kept/1/tool-1', 'x')
    const second = await agent.ask('observe', '1', { requestId: 'call-2' })
    expect(summaryOf(second)).toBe('completed | b x')
    expect(await agent.ask('observe', '1', { requestId: 'call-2' })).toEqual(replayOf(second))
    expect(summaryOf(await agent.ask('observe', '1'))).toBe('missing')
    expect(agent.notifications).toEqual(['n2'])
  })

  test('a session of a killed agent keeps output and stored values only of ended cells', async () => {
    const stored = await newStored()
    {
      await using agent = await DurableAgent.start(stored)
      await agent.ask('execute', `store('done', await tools.look()); text('end')`, { yieldTimeMs: 0 })
      await agent.ask('execute', `store('open', 1); await tools.look()`, { yieldTimeMs: 0 })
      await agent.called(2)
      agent.answer('kept/1/tool-1', 7)
      await expect

        .poll(async () => (await stored.read()).cellList.map(({ state }) => state.type))
        .toEqual(['finished', 'running'])
      await agent.kill()
    }
    await using agent = await DurableAgent.start(stored)
    expect(summaryOf(await agent.ask('observe', '1'))).toBe('completed | end')
    expect(summaryOf(await agent.ask('execute', `text([load('done'), load('open')])`))).toBe('completed | [7,null]')
    await agent.called(1)
    expect(agent.calls).toEqual(['look kept/2/tool-1'])
  })

  test('timers that were due while no process ran fire once, in order', async () => {
    const stored = await newStored()
    const source = `for (const [ms, name] of [[30, 'c'], [10, 'a'], [20, 'b'], [10, 'a2']]) setTimeout(() => text(name), ms)
const off = setTimeout(() => text('never'), 15)
clearTimeout(off)
await tools.look()
text('end')`
    {
      await using agent = await DurableAgent.start(stored)
      await agent.ask('execute', source, { yieldTimeMs: 0 })
      await agent.called(1)
      await agent.kill()
    }
    await using agent = await DurableAgent.start(stored)
    await agent.called(1)
    // The journal records that all timers have fired.
    await expect.poll(() => openTimers(stored)).toBe(0)
    agent.answer('kept/1/tool-1', 0)
    expect(summaryOf(await agent.ask('observe', '1'))).toBe('completed | a | a2 | b | c | end')
  })
}

function replayOf(outcome: unknown): unknown {
  return Object.assign({}, outcome, { isReplay: true })
}
