import type { CellOutcome, Session } from '../../src/index.ts'
import { textsOf } from '../support/texts.ts'
import { orSoon } from './programs.ts'

/** A use of a cell other than running it to its end. Returns a failure; `ends` lists the allowed endings. */
export type Play = {
  readonly name: string
  readonly weight: number
  readonly play: (session: Session, around: Around) => Promise<string>
  readonly ends: RegExp
}

type Around = {
  /** The signal of everything that the user started. */
  readonly user: AbortSignal
  /** A number that no other play has. */
  readonly n: number
}

/** Longer than any cell that is not stuck: a cell that has not ended by then is reported. */
export const patienceMs = 60_000

export function summaryOf(outcome: CellOutcome): string {
  const error = 'errorText' in outcome ? ` ${outcome.errorText}` : ''
  return `${outcome.type} ${textsOf(outcome).join('|')}${error}`
}

const unfinished = 'void tools.never({}); void tools.after_end({}); void tools.slow({ ms: 40 });'

/** Starts a cell. Passes on its id at once, and its first outcome. */
function start(
  session: Session,
  source: string,
  options: { readonly signal: AbortSignal; readonly preempt?: AbortSignal },
): { readonly cellId: Promise<string>; readonly first: Promise<CellOutcome> } {
  const { promise: cellId, resolve: onStarted } = Promise.withResolvers<string>()
  return { first: session.execute(source, { ...options, yieldTimeMs: patienceMs, onStarted }), cellId }
}

/** Observes a cell until it ends. `between` is called at each yield. */
async function toTheEnd(
  session: Session,
  first: CellOutcome,
  signal: AbortSignal,
  between: (cellId: string) => void = () => undefined,
): Promise<string> {
  let outcome = first
  const seen = [summaryOf(outcome)]
  while (outcome.type === 'yielded') {
    between(outcome.cellId)
    outcome = await session.observe(outcome.cellId, { signal, yieldTimeMs: patienceMs })
    seen.push(summaryOf(outcome))
  }
  return seen.join('; ')
}

function decideAll(session: Session, cellId: string): void {
  const keys = session.pendingApprovals(cellId).flatMap(({ requests }) => requests.map(({ key }) => key))
  for (const [at, key] of keys.entries()) void session.decide(key, { type: at % 2 === 0 ? 'allow' : 'deny' })
}

export const plays: readonly Play[] = [
  {
    name: 'terminated with calls under way',
    weight: 4,
    play: async (session, { user }) => {
      const source = `${unfinished} text("going"); yield_control(); await tools.never({})`
      const outcome = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      return `${summaryOf(outcome)}; ${summaryOf(await session.terminate(outcome.cellId))}`
    },
    ends: /^yielded going; terminated $/,
  },
  {
    name: 'terminated while it is observed',
    weight: 4,
    play: async (session, { user }) => {
      const { cellId, first } = start(session, `${unfinished} await tools.never({})`, { signal: user })
      const ended = await session.terminate(await cellId)
      return `${summaryOf(await first)}; ${summaryOf(ended)}`
    },
    ends: /^terminated ; terminated $/,
  },
  {
    name: 'an observer that gives up',
    weight: 5,
    play: async (session, { user }) => {
      const own = new AbortController()
      const source = 'await tools.slow({ ms: 10 }); text("done")'
      const { cellId, first } = start(session, source, { signal: own.signal })
      const id = await cellId
      own.abort(new Error('given up'))
      const gaveUp = await first.catch(String)
      const later = await session.observe(id, { signal: user, yieldTimeMs: patienceMs })
      return `${typeof gaveUp === 'string' ? gaveUp : summaryOf(gaveUp)}; ${summaryOf(later)}`
    },
    ends: /^Error: given up; completed done$/,
  },
  {
    name: 'preempted observations',
    weight: 5,
    play: async (session, { user }) => {
      const preempt = new AbortController()
      const options = { signal: user, preempt: preempt.signal }
      const { cellId, first } = start(session, 'await tools.slow({ ms: 10 }); text("done")', options)
      await cellId
      preempt.abort()
      return await toTheEnd(session, await first, user)
    },
    ends: /^yielded ; completed done$/,
  },
  {
    name: 'a cell that yields and is observed later',
    weight: 6,
    play: async (session, { user }) => {
      const source = 'text("a"); yield_control(); await tools.slow({ ms: 5 }); text("b"); yield_control(); text("c")'
      const first = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      return await toTheEnd(session, first, user)
    },
    ends: /^yielded a; (yielded b; completed c|completed b\|c)$/,
  },
  {
    name: 'approvals that are decided',
    weight: 3,
    play: async (session, { user }) => {
      const source =
        'const all = await Promise.allSettled([1, 2].map((n) => tools.guarded({ n }))); text(all.map(({ status }) => status[0]).join(""))'
      const first = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      return await toTheEnd(session, first, user, (cellId) => decideAll(session, cellId))
    },
    ends: /completed (fr|ff|rf)$/,
  },
  {
    name: 'a policy that lies',
    weight: 2,
    play: async (session, { user }) => {
      const source = `${orSoon('tools.lying_policy({}), tools.lying_policy({})')}; text("survived")`
      const first = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      return await toTheEnd(session, first, user, (cellId) => decideAll(session, cellId))
    },
    ends: /completed survived$/,
  },
  {
    name: 'approvals that are held when their cell is terminated',
    weight: 3,
    play: async (session, { user }) => {
      const source = 'await Promise.all([tools.guarded({ n: 1 }), tools.guarded({ n: 2 })])'
      const outcome = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      const held = session.pendingApprovals(outcome.cellId).length
      const ended = summaryOf(await session.terminate(outcome.cellId))
      return `${held} then ${ended}${session.pendingApprovals(outcome.cellId).length}`
    },
    ends: /^1 then terminated 0$/,
  },
  {
    name: 'calls that are undone',
    weight: 1,
    play: async (session, { user, n }) => {
      const source = `for (let n = 0; n < 3; n++) await tools.write({ n, of: ${n} }); await tools.write_hostile({}); text("wrote")`
      const outcome = await session.execute(source, { signal: user, yieldTimeMs: patienceMs })
      const { calls } = await session.revert(outcome.cellId)
      return `${summaryOf(outcome)}: ${calls.map(({ type }) => type).join(' ')}`
    },
    ends: /^completed wrote: (reverted|failed|unknown) reverted reverted reverted$/,
  },
  {
    name: 'a request that comes again',
    weight: 2,
    play: async (session, { user, n }) => {
      const options = { signal: user, yieldTimeMs: patienceMs, requestId: `request-${n}` }
      const first = await session.execute('text("once")', options)
      const again = await session.execute('text("once")', options)
      return `${summaryOf(first)}; ${summaryOf(again)}`
    },
    ends: /^completed once; completed once$/,
  },
]
