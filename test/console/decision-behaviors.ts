import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ApprovalPage, DecideRequest, DecideResponse, DecisionPage, PendingCell } from '../../src/console/api.ts'
import { createConsoleSessions, type ConsoleServer, type ServeConsoleOptions } from '../../src/console.ts'
import { createSession, type Session, type SessionOptions } from '../../src/index.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../src/store.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { newSchema } from '../support/postgres/shared-server.ts'
import { ask, boToken, annToken, headersOf, send, startConsole } from './console-client.ts'

type Place = {
  readonly console: Omit<ServeConsoleOptions, 'tokens'>
  readonly open: (options: SessionOptions) => Promise<Session>
}

const hosts = sharedHosts('in-process')

function storePlace(newStore: () => SharedStore): Place {
  const [owner, others] = [newStore(), newStore()]
  onTestFinished(async () => {
    await owner[Symbol.asyncDispose]()
    await others[Symbol.asyncDispose]()
  })
  return {
    console: { store: others },
    open: async (options) => await createSession({ hosts, store: owner, sessionId: 's', ...options }),
  }
}

type PlaceName = 'in a folder' | 'in SQLite' | 'in memory' | 'in PostgreSQL'

const places: Readonly<Record<PlaceName, () => Place | Promise<Place>>> = {
  'in a folder': () => {
    const storage = newFolder()
    return {
      console: { storage },
      open: async (options) => await createSession({ hosts, storage, sessionId: 's', ...options }),
    }
  },
  'in SQLite': () => {
    const path = join(newFolder(), 'store.db')
    return storePlace(() => sqliteStore(path))
  },
  'in memory': () => {
    const sessions = createConsoleSessions()
    const open = async (options: SessionOptions): Promise<Session> => {
      const watched = sessions.watch()
      const session = await createSession({ hosts, sessionId: 's', listeners: [watched.listener], ...options })
      watched.attach(session)
      return session
    }
    return { console: { sessions }, open }
  },
  'in PostgreSQL': async () => {
    const { url } = await newSchema()
    return storePlace(() => postgresStore(url))
  },
}

const sent: unknown[] = []
const tools = [
  {
    name: 'mail',
    needsApproval: 'ask' as const,
    call: (input: unknown) => {
      sent.push(input)
      return 'sent'
    },
  },
]

async function pendingCells(server: ConsoleServer, calls: number): Promise<readonly PendingCell[]> {
  return await expect
    .poll(async () => (await ask<ApprovalPage>(server, '/api/approvals')).items)
    .toSatisfy(
      (items: readonly PendingCell[]) =>
        items.flatMap(({ groups }) => groups).flatMap((group) => group.calls).length === calls,
    )
    .then(async () => (await ask<ApprovalPage>(server, '/api/approvals')).items)
}

/** Returns the calls as a page sends them back with a decision. */
function shownCalls({ groups }: PendingCell): DecideRequest['calls'] {
  return (groups[0]?.calls ?? []).map(({ key, inputHash, toolDigest }) => ({ key, inputHash, toolDigest }))
}

/** Describes the decisions of users of the console about the calls of a session. */
export function describeDecisions(name: PlaceName): void {
  async function start(
    source: string,
    calls: number,
  ): Promise<{
    readonly server: ConsoleServer
    readonly session: Session
    readonly pending: PendingCell
  }> {
    const place = await places[name]()
    sent.length = 0
    const session = await place.open({ tools, approvals: { hold: true } })
    onTestFinished(async () => await session.close())
    const server = await startConsole(place.console)
    await session.execute(source, { yieldTimeMs: 0 })
    const [pending] = await pendingCells(server, calls)
    if (pending === undefined) throw new Error('No pending call')
    return { server, session, pending }
  }

  test('are shown with the structure that approvers in a terminal see', async () => {
    const { pending } = await start('await Promise.all([1, 2].map((n) => tools.mail({ to: `<b>${n}</b>` })))', 2)
    expect(pending).toMatchObject({
      sessionId: 's',
      groups: [{ identifier: 'mail', line: 1, title: '2 calls of tools.mail from line 1' }],
      later: 0,
      tooLong: [],
    })
    expect(pending.card).toContain('The program:\n> 1 | await Promise.all')
    expect(pending.groups[0]?.calls.map(({ shown }) => shown)).toEqual(['{"to":"<b>1</b>"}', '{"to":"<b>2</b>"}'])
  })

  test('get one decision when two approvers decide at once, and the second sees the first', async () => {
    const { server, session, pending } = await start('text(await tools.mail({ to: "Ann" }))', 1)
    const calls = shownCalls(pending)
    const decide = async (token: string, decision: object): Promise<Awaited<ReturnType<typeof send>>> =>
      await send(server, '/api/decide', {
        method: 'POST',
        headers: headersOf(token),
        body: { sessionId: 's', calls, decision, requestId: `by-${token}` },
      })
    const replies = await Promise.all([
      decide(annToken, { type: 'allow' }),
      decide(boToken, { type: 'deny', reason: 'not today' }),
    ])
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 409]))
    const isAnn = replies[0].status === 200
    const by = isAnn ? 'Ann' : 'Bo'
    const refused: DecideResponse = JSON.parse(replies[isAnn ? 1 : 0].text)
    expect(refused).toMatchObject({
      error: { code: 'APPROVAL_NOT_PENDING' },
      results: [{ type: 'refused', first: { decidedBy: by, state: isAnn ? 'allowed' : 'denied' } }],
    })
    const outcome = await session.observe(pending.cellId)
    expect(outcome.type).toBe(isAnn ? 'completed' : 'failed')
    expect(sent.length).toBe(isAnn ? 1 : 0)
    await expect
      .poll(async () => (await ask<DecisionPage>(server, '/api/decisions')).items)
      .toMatchObject([{ decidedBy: by, identifier: 'mail', reason: isAnn ? null : 'not today' }])
  })

  test('are not decided when the call has another input than was shown', async () => {
    const { server, pending } = await start('await tools.mail({ to: "Ann" })', 1)
    const calls = shownCalls(pending).map((call) => ({ ...call, inputHash: 'f'.repeat(64) }))
    const response = await ask<DecideResponse>(server, '/api/decide', {
      sessionId: 's',
      calls,
      decision: { type: 'allow' },
      requestId: 'r',
    })
    expect(response.error?.message).toContain('the call has changed since it was shown')
    expect(sent).toEqual([])
  })

  test('get a grant for a number of calls in the cell', async () => {
    const { server, session, pending } = await start('for (const n of [1, 2, 3]) await tools.mail({ n })', 1)
    const calls = shownCalls(pending)
    const response = await ask<DecideResponse>(server, '/api/decide', {
      sessionId: 's',
      calls,
      decision: { type: 'allow_in_cell', calls: 2 },
      requestId: 'r',
    })
    expect(response).toEqual({ results: [{ type: 'decided', key: calls[0]?.key }], error: null })
    await expect.poll(() => sent.length).toBe(2)
    await expect.poll(() => session.pendingApprovals().length).toBe(1)
  })
}
