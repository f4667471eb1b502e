import { describe, expect, test } from 'vitest'
import { CodecellError, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import { openSessionOn } from '../../../src/session/create-session.ts'
import { LoggedSessionStore } from '../../../src/storage/shared/logged-session-store.ts'
import { SeededRandom } from '../../faults/random.ts'
import { Gate } from '../../support/gate.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { LogContent, MemoryLog } from '../../support/memory-log.ts'
import { textsOf } from '../../support/texts.ts'
import { keysOf } from './effects.ts'
import { openLogged } from './logged-session.ts'

const hosts = sharedHosts('in-process')

/** The owner of a session that another one can take over. */
type Owner = { readonly session: Session; readonly crash: () => LogContent }

/** Opens a session. `crash` returns the log as its next owner finds it; nothing of the first owner follows. */
async function openOwner(content: LogContent, options: SessionOptions): Promise<Owner> {
  const log = new MemoryLog(content)
  const session = await openSessionOn(
    { hosts, ...options },
    async (limits) => await LoggedSessionStore.open(log, limits),
  )
  const crash = (): LogContent => {
    const copy = content.cut(content.rows.length)
    log.lose(new CodecellError('SESSION_LOST', 'Cannot continue: the process ended'))
    return copy
  }
  return { session, crash }
}

describe('a session in a log', () => {
  test('the next owner resumes cells, calls, timers, values, approvals and responses', async () => {
    const gate = new Gate()
    const made: string[] = []
    const tools: readonly Tool[] = [
      { ...gate.tool, annotations: { idempotentHint: true } },
      { name: 'send', needsApproval: 'ask', call: (_input, { key }) => void made.push(key) },
    ]
    const options: SessionOptions = { tools, approvals: { hold: true } }
    const first = await openOwner(new LogContent(), options)
    await first.session.execute('store("kept", [1, 2]); text("stored")', { requestId: 'one' })
    await first.session.execute('text("before"); text(await tools.gate({ key: "a" })); text(load("kept"))', {
      yieldTimeMs: 1,
    })
    await first.session.execute('await tools.send({}); text("sent")')
    await first.session.execute('await new Promise((done) => setTimeout(done, 1)); yield_control(); text("ended")')
    await gate.called(1)
    const content = first.crash()
    const { session, crash } = await openOwner(content, options)
    expect(session.cells()).toEqual(['2', '3', '4'])
    expect(await session.execute('store("kept", [1, 2]); text("stored")', { requestId: 'one' })).toMatchObject({
      type: 'completed',
      isReplay: true,
    })
    await gate.called(2)
    expect(session.ledger('2')).toMatchObject([{ state: 'started' }])
    gate.open('late', 'a')
    gate.open('opened', 'a')
    expect(textsOf(await session.observe('2', { yieldTimeMs: 600_000 }))).toEqual(['opened', '[1,2]'])
    await session.decide(keysOf(session), { type: 'allow' })
    expect(textsOf(await session.observe('3', { yieldTimeMs: 600_000 }))).toEqual(['sent'])
    expect(textsOf(await session.observe('4', { yieldTimeMs: 600_000 }))).toEqual(['ended'])
    expect(made).toHaveLength(1)
    await using last = (await openOwner(crash(), options)).session
    expect([last.cells(), last.ledger().map(({ state }) => state)]).toEqual([[], ['applied', 'applied']])
    await first.session.close()
    await session.close()
  })

  test('a call that its owner started is unknown to the next owner, and its tool is not called again', async () => {
    const gate = new Gate()
    const options: SessionOptions = { tools: [gate.tool] }
    const source =
      'try { text(await tools.gate({ key: "a" })) } catch (error) { text(String(error).includes("unknown")) }'
    const first = await openOwner(new LogContent(), options)
    await first.session.execute(source, { yieldTimeMs: 0 })
    await gate.called(1)
    await using next = (await openOwner(first.crash(), options)).session
    expect(textsOf(await next.observe('1'))).toEqual(['true'])
    expect(gate.calls).toHaveLength(1)
    await expect(first.session.observe('1')).rejects.toMatchObject({ code: 'SESSION_LOST' })
    await first.session.close()
  })

  test('no effect happens before its row is on record, in random sequences of rows', async () => {
    const random = new SeededRandom(5)
    const content = new LogContent()
    const seen: string[] = []
    const tools: readonly Tool[] = [
      {
        name: 'send',
        call: (_input, { key }) => {
          seen.push(
            content.rows.some((row) => row.includes('"type":"started"') && row.includes(key)) ? 'recorded' : key,
          )
        },
      },
    ]
    await using session = await openLogged(content, { hosts, tools }, random)
    const source =
      'for (let n = 0; n < 5; n++) { await tools.send({ n }); await Promise.all([1, 2].map((n) => tools.send({ n }))) }'
    const outcomes = await Promise.all([1, 2, 3].map(() => session.execute(`${source}; text("done")`)))
    expect(outcomes.map(textsOf)).toEqual([['done'], ['done'], ['done']])
    expect(seen).toEqual(Array.from({ length: 45 }, () => 'recorded'))
  })

  test('the result of a call, its end and the start of the next call are one row', async () => {
    const content = new LogContent()
    const tools: readonly Tool[] = [{ name: 'send', call: async () => 'sent' }]
    await using session = (await openOwner(content, { tools })).session
    await session.execute('for (let n = 0; n < 10; n++) await tools.send({ n })')
    const rows = content.rows.filter((row) => row.includes('"type":"started"'))
    expect(rows).toHaveLength(10)
    // 30 records of calls. A busy machine adds a row when a record has waited for 10 ms.
    expect(content.rows.length).toBeLessThan(25)
  })
})
