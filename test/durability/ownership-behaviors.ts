import { describe, expect, test } from 'vitest'
import { DurableAgent } from './durable-process.ts'
import type { StoredSession } from './stored-session.ts'

/** Makes a process lose its session without closing it. Returns a function that resumes the process. */
type Loss = (owner: DurableAgent, stored: StoredSession) => Promise<() => void>

/** Losses of a session in a shared store. */
export const storeLosses: readonly [NamedLoss, ...NamedLoss[]] = [
  [
    'was stopped until another process took its session over',
    async (owner, stored) => {
      const resume = owner.pause()
      await stored.endLeases()
      return resume
    },
  ],
  [
    'has renewed its lease too late',
    async (_, stored) => {
      await stored.endLeases()
      return () => undefined
    },
  ],
]

const program = `
for (let n = 1; n <= 3; n++) {
  try { text(n + ' ' + (await tools.book({ n }))) } catch (error) { text(n + ' ' + (String(error.message ?? error).includes('unknown') ? 'unknown' : error)) }
}`

type Takeover = AsyncDisposable & {
  readonly stored: StoredSession
  readonly owner: DurableAgent
  readonly successor: DurableAgent
  /** Resumes the process of `owner`. */
  readonly resume: () => void
}

/** Runs `program` until its first call, and lets another process take its session over. */
async function takeOver(stored: StoredSession, lose: Loss): Promise<Takeover> {
  await using processes = new AsyncDisposableStack()
  const owner = processes.use(await DurableAgent.start(stored))
  await owner.ask('execute', program, { yieldTimeMs: 0 })
  await owner.called(1)
  const resume = await lose(owner, stored)
  const successor = processes.use(await DurableAgent.start(stored))
  // The first call has an unknown outcome: its cell receives the error and makes the second call.
  await successor.called(1)
  const started = processes.move()
  return { stored, owner, successor, resume, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

type NamedLoss = readonly [name: string, lose: Loss]

/** Describes a process that lost its session, wherever it is stored.  */
export function describeLostSession(
  newStored: () => Promise<StoredSession>,
  losses: readonly [NamedLoss, ...NamedLoss[]],
): void {
  const [[, loseSession]] = losses
  describe('a process that lost its session', () => {
    test.each(losses)(
      'a process that lost its session makes no call and delivers no end when it %s',
      async (_name, lose) => {
        await using takeover = await takeOver(await newStored(), lose)
        const { owner, successor, resume } = takeover
        resume()
        owner.answer('kept/1/tool-1', 'too late')
        expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
        expect(await owner.ask('execute', 'text(1)')).toBe('rejected with SESSION_LOST')
        expect(await owner.ask('terminate', '1')).toBe('rejected with SESSION_LOST')
        successor.answer('kept/1/tool-2', 'two')
        await successor.called(2)
        successor.answer('kept/1/tool-3', 'three')
        expect(await successor.ask('observe', '1')).toMatchObject({
          type: 'completed',
          items: [{ text: '1 unknown' }, { text: '2 two' }, { text: '3 three' }],
        })
        expect([owner.calls, successor.calls]).toEqual([
          ['book kept/1/tool-1'],
          ['book kept/1/tool-2', 'book kept/1/tool-3'],
        ])
      },
    )

    test('a process that lost its session writes nothing into it', async () => {
      await using takeover = await takeOver(await newStored(), loseSession)
      const { stored, owner, successor, resume } = takeover
      resume()
      owner.answer('kept/1/tool-1', 'x'.repeat(1000))
      expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
      await successor.kill()
      // The journal is complete, so a third process resumes where the second one stopped.
      await using last = await DurableAgent.start(stored)
      await last.called(1)
      expect(last.calls).toEqual(['book kept/1/tool-3'])
      last.answer('kept/1/tool-3', 'three')
      expect(await last.ask('observe', '1')).toMatchObject({
        type: 'completed',
        items: [{ text: '1 unknown' }, { text: '2 unknown' }, { text: '3 three' }],
      })
    })

    test('a process that lost its session delivers no response of the new owner', async () => {
      const stored = await newStored()
      await using owner = await DurableAgent.start(stored)
      const resume = await loseSession(owner, stored)
      await using successor = await DurableAgent.start(stored)
      resume()
      const options = { requestId: 'first', yieldTimeMs: 0 }
      await successor.ask('execute', program, options)
      // The first process has nothing to write, so it can only notice the loss here.
      expect(await owner.ask('execute', program, options)).toBe('rejected with SESSION_LOST')
    })

    test('a process that lost its session leaves the records of a killed new owner alone', async () => {
      await using takeover = await takeOver(await newStored(), loseSession)
      const { stored, owner, successor, resume } = takeover
      resume()
      await successor.kill()
      // SQLite merges and removes the log of a database when its last connection closes.
      expect(await owner.ask('observe', '1')).toBe('rejected with SESSION_LOST')
      await owner.end()
      await using last = await DurableAgent.start(stored)
      await last.called(1)
      expect(last.calls).toEqual(['book kept/1/tool-3'])
    })
  })
}
