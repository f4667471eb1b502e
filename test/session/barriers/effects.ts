import { expect } from 'vitest'
import {
  CodecellError,
  type CodecellErrorCode,
  type FollowEvent,
  type Session,
  type SessionOptions,
  type Tool,
} from '../../../src/index.ts'
import type { GatedSession } from './gated-session.ts'

/** Counts an effect. */
type Happened = (value?: unknown) => void

/** An effect that waits for a barrier. */
export type Effect = {
  readonly name: string
  readonly options?: (happened: Happened) => SessionOptions
  /** Prepares the session, shuts the gate, and causes the effect. */
  readonly cause: (stage: GatedSession, happened: Happened) => Promise<unknown>
  /** Returns how often the effect has happened, where it is not counted. */
  readonly count?: (session: Session) => number
}

const endless = 'await new Promise((resolve) => setTimeout(resolve, 3_600_000))'

function tool(happened: Happened, more: Partial<Tool> = {}): Tool {
  return { name: 'send', call: () => (happened(), 'sent'), ...more }
}

const asks = { needsApproval: 'ask' } as const

/** Ignores the rejection of what a test does not await. */
function start(work: Promise<unknown>, happened: Happened = () => undefined): void {
  void work.then(happened, () => undefined)
}

async function ended(session: Session, cellId: string): Promise<void> {
  for await (const { type } of session.follow(cellId, { takesOutput: false })) if (type === 'ended') return
}

async function follow(session: Session, type: FollowEvent['type'], happened: Happened): Promise<void> {
  for await (const event of session.follow('1')) if (event.type === type) happened()
}

async function executeShut({ session, gate }: GatedSession, source: string, happened?: Happened): Promise<void> {
  gate.shut()
  start(session.execute(source), happened)
}

async function claimShut(
  { session, gate }: GatedSession,
  claim: (session: Session) => Promise<unknown>,
  happened: Happened,
): Promise<void> {
  await session.execute('yield_control(); text(1)')
  await ended(session, '1')
  gate.shut()
  start(claim(session), happened)
}

/** All effects of a session. */
export const effects: readonly Effect[] = [
  {
    name: 'a tool is called',
    options: (happened) => ({ tools: [tool(happened)] }),
    cause: (stage) => executeShut(stage, 'await tools.send({})'),
  },
  {
    name: 'a tool is called after its approval',
    options: (happened) => ({ tools: [tool(happened, asks)], approvals: { hold: true } }),
    cause: async ({ session, gate }) => {
      await session.execute('await tools.send({})')
      gate.shut()
      start(session.decide(keysOf(session), { type: 'allow' }))
    },
  },
  {
    name: 'a cell yields',
    cause: (stage, happened) => executeShut(stage, `text(1); yield_control(); ${endless}`, happened),
  },
  {
    name: 'a yield time is over',
    cause: async ({ session, gate }, happened) => {
      gate.shut()
      start(session.execute(`text(1); ${endless}`, { yieldTimeMs: 1 }), happened)
    },
  },
  { name: 'a cell ends', cause: (stage, happened) => executeShut(stage, 'text(1)', happened) },
  { name: 'a cell fails', cause: (stage, happened) => executeShut(stage, 'throw 1', happened) },
  {
    name: 'the result of an ended cell is claimed by an observer',
    cause: (stage, happened) => claimShut(stage, (session) => session.observe('1'), happened),
  },
  {
    name: 'the result of an ended cell is claimed by its termination',
    cause: (stage, happened) => claimShut(stage, (session) => session.terminate('1'), happened),
  },
  {
    name: 'a cell is terminated',
    cause: async ({ session, gate }, happened) => {
      await session.execute(endless, { yieldTimeMs: 0 })
      gate.shut()
      start(session.terminate('1'), happened)
    },
  },
  {
    name: 'the observer of a terminated cell gets a response',
    cause: async ({ session, gate }, happened) => {
      await session.execute(endless, { yieldTimeMs: 0 })
      start(session.observe('1', { yieldTimeMs: 600_000 }), happened)
      gate.shut()
      start(session.terminate('1'))
    },
  },
  {
    name: 'the id of a new cell is reported',
    cause: async ({ session, gate }, happened) => {
      gate.shut()
      start(session.execute('text(1)', { onStarted: happened }))
    },
  },
  {
    name: 'the id of a cell is reported to a repeated request',
    cause: async ({ session, gate }, happened) => {
      await session.execute('text(1)', { requestId: 'r' })
      gate.shut()
      start(session.execute('text(1)', { requestId: 'r', onStarted: happened }))
    },
  },
  {
    name: 'a repeated request gets the recorded response',
    cause: async ({ session, gate }, happened) => {
      await session.execute('text(1)', { requestId: 'r' })
      gate.shut()
      start(session.observe('1', { requestId: 'r' }), happened)
    },
  },
  {
    name: 'the close of a cell is reported',
    options: (happened) => ({ onCellClosed: happened }),
    cause: (stage) => executeShut(stage, 'text(1)'),
  },
  {
    name: 'an approver is shown a call',
    options: (happened) => ({
      tools: [tool(() => undefined, asks)],
      approvals: { onRequest: () => (happened(), { type: 'deny' }) },
    }),
    cause: (stage) => executeShut(stage, `try { await tools.send({}) } catch {} ${endless}`),
  },
  {
    name: 'an approver is shown the calls of a cell',
    options: (happened) => ({
      tools: [tool(() => undefined, asks)],
      approvals: { onBatch: () => (happened(), { type: 'deny' }) },
    }),
    cause: (stage) => executeShut(stage, `try { await tools.send({}) } catch {} ${endless}`),
  },
  {
    name: 'a pending call is listed',
    options: () => ({ tools: [tool(() => undefined, asks)], approvals: { hold: true } }),
    cause: (stage) => executeShut(stage, 'await tools.send({})'),
    count: (session) => keysOf(session).length,
  },
  {
    name: 'a decision is confirmed',
    options: () => ({ tools: [tool(() => undefined, asks)], approvals: { hold: true } }),
    cause: async ({ session, gate }, happened) => {
      await session.execute('await tools.send({})')
      gate.shut()
      start(session.decide(keysOf(session), { type: 'deny' }), happened)
    },
  },
  {
    name: 'a notification is delivered',
    options: (happened) => ({ onNotification: happened }),
    cause: (stage) => executeShut(stage, `notify('n'); ${endless}`),
  },
  {
    name: 'a call is reverted',
    options: (happened) => ({ tools: [tool(() => undefined, { revert: happened })] }),
    cause: async ({ session, gate }) => {
      await session.execute('await tools.send({})')
      gate.shut()
      start(session.revert('1'))
    },
  },
  {
    name: 'a follower gets output',
    cause: async ({ session, gate }, happened) => {
      await session.execute(`yield_control(); text(1); ${endless}`)
      gate.shut()
      start(follow(session, 'output', happened))
    },
  },
  {
    name: 'a follower gets a notification',
    cause: async ({ session, gate }, happened) => {
      await session.execute(
        `yield_control(); await new Promise((done) => setTimeout(done, 100)); notify('n'); ${endless}`,
      )
      start(follow(session, 'notification', happened))
      gate.shut()
    },
  },
  {
    name: 'a follower gets the end',
    cause: async ({ session, gate }, happened) => {
      await session.execute('yield_control(); text(1)')
      await ended(session, '1')
      gate.shut()
      start(follow(session, 'ended', happened))
    },
  },
  { name: 'a missing cell is observed', cause: (stage, happened) => missing(stage, happened, 'observe') },
  { name: 'a missing cell is terminated', cause: (stage, happened) => missing(stage, happened, 'terminate') },
  {
    name: 'a missing cell is followed',
    cause: async ({ session, gate }, happened) => {
      gate.shut()
      start(follow(session, 'ended', happened))
    },
  },
  {
    name: 'the result of an unknown call is refused',
    cause: ({ session, gate }, happened) => {
      gate.shut()
      return refused(session.provideResult('s/1/tool-1', { result: 1 }), 'CALL_NOT_DEFERRED', happened)
    },
  },
  {
    name: 'the revert of a missing cell is refused',
    cause: ({ session, gate }, happened) => {
      gate.shut()
      return refused(session.revert('1'), 'CELL_NOT_FOUND', happened)
    },
  },
]

async function missing(
  { session, gate }: GatedSession,
  happened: Happened,
  how: 'observe' | 'terminate',
): Promise<void> {
  gate.shut()
  start(session[how]('1'), happened)
}

async function refused(work: Promise<unknown>, code: CodecellErrorCode, happened: Happened): Promise<void> {
  void work.catch((error: unknown) => {
    if (CodecellError.is(error, code)) happened()
  })
}

export function keysOf(session: Session): readonly string[] {
  return session.pendingApprovals().flatMap(({ requests }) => requests.map(({ key }) => key))
}

/** Expects that the effect happens once, after `poll`. */
export async function expectOnce(count: () => number): Promise<void> {
  await expect.poll(count, { interval: 1 }).toBe(1)
}
