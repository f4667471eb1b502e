import { describe, expect, test } from 'vitest'
import {
  decideApproval,
  readSession,
  type ApprovalDecision,
  type ApprovalReport,
  type DecisionReport,
  type Session,
  type SessionOptions,
  type StoredDecision,
  type Tool,
} from '../../../src/index.ts'
import type { StoredSession } from '../../../src/session/inbox/stored-inbox.ts'
import { textsOf } from '../../support/texts.ts'
import type { NewPlace } from './stored-places.ts'

const once = `text(await tools.send({ to: 'a', list: [{ deep: 1 }] }).then(() => 'sent', String))`
const thrice = `for (let n = 0; n < 3; n++) text(await tools.send({ n }).then(() => 'sent', String))`
const denied = 'the call of tool `send` was denied'
const long = { yieldTimeMs: 600_000 }

/** A tool whose calls need an approval, and the number of its calls. */
function sender(rest: Partial<Tool> = {}): { readonly options: SessionOptions; readonly calls: () => number } {
  let calls = 0
  const tool: Tool = { name: 'send', needsApproval: 'ask', call: () => ++calls, ...rest }
  return { options: { tools: [tool], approvals: { hold: true } }, calls: () => calls }
}

async function pendingAt(at: StoredSession): Promise<ApprovalReport> {
  const { pendingApprovals } = await readSession(at)
  const [pending] = pendingApprovals
  if (pending === undefined) throw new TypeError('no call is pending')
  return pending
}

async function decisionsAt(at: StoredSession): Promise<readonly DecisionReport[]> {
  return (await readSession(at)).decisions
}

async function decide(at: StoredSession, rest: Partial<StoredDecision> = {}): Promise<void> {
  const { key } = await pendingAt(at)
  await decideApproval({ ...at, key, decision: { type: 'allow' }, ...rest })
}

/** How the session is while it receives the decision. */
type Moment = 'open' | 'closed'

/** Runs a program up to its first pending call, and lets another process decide. Returns the session afterwards. */
async function decided(
  place: NewPlace,
  moment: Moment,
  { source = once, options, decision }: { source?: string; options: SessionOptions; decision: ApprovalDecision },
): Promise<Session> {
  const { at, open } = await place()
  const first = await open(options)
  await first.execute(source, long)
  if (moment === 'open') {
    await decide(at, { decision })
    return first
  }
  await first.close()
  await decide(at, { decision })
  return await open(options)
}

const invalid: readonly Partial<Record<keyof StoredDecision, unknown>>[] = [
  { decision: { type: 'maybe' } },
  { decision: null },
  { decision: { type: 'allow_in_cell', calls: 0 } },
  { decision: { type: 'deny', reason: 'x'.repeat(10_001) } },
  { requestId: '' },
  { requestId: 'x'.repeat(201) },
  { decidedBy: 7 },
  { decidedBy: 'x'.repeat(201) },
]

type Applied = readonly [ApprovalDecision, source: string, texts: readonly string[], pending: number]

const decisions: readonly Applied[] = [
  [{ type: 'allow_in_cell', calls: 2 }, thrice, ['sent', 'sent'], 1],
  [{ type: 'deny', reason: 'not now' }, once, [`${denied}: not now`], 0],
  [{ type: 'allow' }, once, ['sent'], 0],
  [{ type: 'deny' }, once, [denied], 0],
  [{ type: 'allow' }, thrice, ['sent'], 1],
  [{ type: 'allow_in_cell', calls: 1 }, thrice, ['sent'], 1],
  [{ type: 'allow_in_cell', calls: 9 }, thrice, ['sent', 'sent', 'sent'], 0],
  [{ type: 'allow_in_session' }, thrice, ['sent', 'sent', 'sent'], 0],
]

/** The decisions for each state of the session. An open one receives them later than a closed one, by the interval of its inbox. */
const cases: readonly (readonly [Moment, readonly Applied[]])[] = [
  ['open', decisions.slice(0, 2)],
  ['closed', decisions],
]

/** Describes the decisions of other processes about calls of a session in one kind of storage. */
export function describeDecisions(place: NewPlace): void {
  describe.each(cases)('about a session that is %s,', (moment, applied) => {
    test.each(applied)('%j applies as in its own process', async (decision, source, texts, pending) => {
      const { options, calls } = sender()
      await using session = await decided(place, moment, { source, options, decision })
      const outcome = await session.observe('1', long)
      expect(textsOf(outcome)).toEqual(texts)
      expect(outcome.type).toBe(pending === 0 ? 'completed' : 'yielded')
      expect(session.pendingApprovals().flatMap(({ requests }) => requests)).toHaveLength(pending)
      expect(calls()).toBe(texts.filter((text) => text === 'sent').length)
    })
  })

  test('shows the whole structure of the input, and its record names the approver and the request', async () => {
    const { at, open } = await place()
    const { options } = sender()
    const input = { to: 'b'.repeat(9000), list: [{ deep: { last: 1 } }] }
    const session = await open(options)
    await session.execute(`await tools.send(${JSON.stringify(input)}).catch(() => 0)`, long)
    const pending = await pendingAt(at)
    expect(JSON.parse(pending.wholeInput ?? '')).toEqual(input)
    const { key, inputHash, toolDigest } = pending
    const decision = { type: 'allow_in_cell', calls: 4 } as const
    await decideApproval({ ...at, key, inputHash, toolDigest, decision, decidedBy: 'Ann', requestId: 'r' })
    await session.observe('1', long)
    await session.close()
    expect(await decisionsAt(at)).toMatchObject([
      {
        key,
        state: 'allowed',
        decision: 'allow_in_cell',
        grantedCalls: 4,
        decidedBy: 'Ann',
        requestId: 'r',
        inputHash,
      },
    ])
    expect(await readSession(at)).toMatchObject({ pendingApprovals: [], approvals: 0 })
  })

  test('counts if it is the first; later ones are refused with it, and repeated requests succeed', async () => {
    const { at, open } = await place()
    const { options, calls } = sender()
    const first = await open(options)
    await first.execute(once, long)
    await first.close()
    const { key } = await pendingAt(at)
    const deny = {
      ...at,
      key,
      decision: { type: 'deny', reason: 'no money' },
      decidedBy: 'Ann',
      requestId: 'r',
    } as const
    const attempts = async (): Promise<void> => {
      await decideApproval(deny)
      const message = /it was denied by "Ann" at 20\d\d-.*: no money$/
      const refused = { code: 'APPROVAL_NOT_PENDING', message: expect.stringMatching(message), details: { key } }
      for (const rest of [{}, { requestId: 'r' }, { requestId: 'other' }]) {
        const other = decideApproval({ ...at, key, decision: { type: 'allow' }, ...rest })
        await expect(other).rejects.toMatchObject(refused)
      }
      await expect(decideApproval({ ...deny, requestId: 'other' })).rejects.toMatchObject(refused)
    }
    await decideApproval(deny)
    await attempts()
    await using second = await open(options)
    expect(textsOf(await second.observe('1', long))).toEqual([`${denied}: no money`])
    await attempts()
    expect(calls()).toBe(0)
  })

  test('is one of several that were made at once', async () => {
    const { at, open } = await place()
    const { options } = sender()
    await using session = await open(options)
    await session.execute(once, long)
    const { key } = await pendingAt(at)
    const reasons = ['a', 'b', 'c', 'd']
    const made = await Promise.allSettled(
      reasons.map(async (reason) => await decideApproval({ ...at, key, decision: { type: 'deny', reason } })),
    )
    const winners = reasons.filter((_reason, index) => made[index]?.status === 'fulfilled')
    expect(winners).toHaveLength(1)
    expect(textsOf(await session.observe('1', long))).toEqual([`${denied}: ${winners.join('')}`])
  })

  test('is refused when the call is not as it was shown', async () => {
    const { at, open } = await place()
    const { options } = sender()
    await using session = await open(options)
    await session.execute(once, long)
    for (const shown of [{ inputHash: 'other' }, { inputHash: '' }, { toolDigest: 'other' }]) {
      await expect(decide(at, shown)).rejects.toMatchObject({
        code: 'APPROVAL_NOT_PENDING',
        message: expect.stringContaining('the call has changed since it was shown'),
      })
    }
    expect(session.pendingApprovals()).toHaveLength(1)
  })

  test('does not count for a tool that changes before the owner takes it', async () => {
    const { at, open } = await place()
    const first = await open(sender().options)
    await first.execute(once, long)
    await first.close()
    await decide(at)
    const changed = sender({ description: 'Sends money' })
    await using second = await open(changed.options)
    expect(await second.observe('1', long)).toMatchObject({ type: 'yielded' })
    expect(changed.calls()).toBe(0)
    await decide(at)
    expect(textsOf(await second.observe('1', long))).toEqual(['sent'])
  })

  test('counts for the recorded call when its tool is gone, and grants nothing', async () => {
    const { at, open } = await place()
    const first = await open(sender().options)
    await first.execute(once, long)
    await first.close()
    await decide(at, { decision: { type: 'allow_in_session' } })
    const second = await open({ approvals: { hold: true } })
    await second.close()
    expect(await decisionsAt(at)).toMatchObject([{ state: 'allowed' }])
  })

  test('is refused for a call that does not wait for one', async () => {
    const { at, open } = await place()
    const { options } = sender()
    await using session = await open(options)
    await session.execute(once, long)
    const { key } = await pendingAt(at)
    const allow = async (named: string): Promise<void> =>
      await decideApproval({ ...at, key: named, decision: { type: 'allow' } })
    for (const other of ['', 's/1/tool-9', `${key}x`, 'x'.repeat(100_000), 's/1', '\0']) {
      await expect(allow(other)).rejects.toMatchObject({
        code: 'APPROVAL_NOT_PENDING',
        message: expect.stringContaining('no pending call has this key'),
      })
    }
    await session.terminate('1')
    await expect(allow(key)).rejects.toMatchObject({
      code: 'APPROVAL_NOT_PENDING',
      message: expect.stringContaining('its cell has ended'),
    })
    await session.execute(`tools.send({}).catch(() => 0); await 0`, long)
    expect((await readSession(at)).pendingApprovals).toEqual([])
  })

  test('is dropped when the cell ends before the owner takes it', async () => {
    const { at, open } = await place()
    const { options, calls } = sender()
    await using session = await open(options)
    await session.execute(once, long)
    const { key } = await pendingAt(at)
    const made = decideApproval({ ...at, key, decision: { type: 'allow' } }).catch((error: unknown) => error)
    await session.terminate('1')
    await made
    expect(calls()).toBe(0)
    expect(await decisionsAt(at)).toMatchObject([{ key, state: 'denied', reason: 'the cell ended', decision: null }])
  })

  test('reaches a call that a handler is shown at the same time', async () => {
    const { at, open } = await place()
    const { options, calls } = sender()
    const shown = Promise.withResolvers<AbortSignal>()
    const approvals: SessionOptions['approvals'] = {
      onBatch: (_batch, { signal }) => {
        shown.resolve(signal)
        return new Promise(() => undefined)
      },
    }
    await using session = await open({ ...options, approvals })
    const outcome = session.execute(once, long)
    const signal = await shown.promise
    await decide(at)
    expect(textsOf(await outcome)).toEqual(['sent'])
    expect([signal.aborted, calls()]).toEqual([true, 1])
  })

  test('is refused with invalid options', async () => {
    const { at, open } = await place()
    await using session = await open(sender().options)
    await session.execute(once, long)
    const { key } = await pendingAt(at)
    for (const wrong of invalid) {
      const options = JSON.parse(JSON.stringify({ key, decision: { type: 'allow' }, ...wrong }))
      await expect(decideApproval({ ...options, ...at })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
    expect(session.pendingApprovals()).toHaveLength(1)
  })
}
