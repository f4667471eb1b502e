import { expect, test } from 'vitest'
import { Lists } from '../../src/console/index/lists.ts'
import { SessionIndex } from '../../src/console/index/session-index.ts'
import { queryOf, type Query } from '../../src/console/data/paging.ts'
import type { SessionReport } from '../../src/index.ts'

const sessions = 100
const cellsPerSession = 100

/** A session with cells that are closed, of which each called one tool. */
function reportOf(id: string, cells: number): SessionReport {
  const start = Number(id) * 1000
  const cellList = Array.from({ length: cells }, (_, index) => ({
    cellId: String(index + 1),
    execCallId: null,
    state: { type: 'closed', ending: 'completed', errorText: null } as const,
    engine: null,
    startedAt: start + index,
    endedAt: start + index,
    source: `text(${JSON.stringify(`${id}-${index}`.repeat(50))})`,
  }))
  return {
    type: 'session',
    id,
    openedBy: null,
    createdAt: start,
    lastActivityAt: start,
    cells: { running: 0, finished: 0, closed: cells },
    calls: { not_started: 0, started: 0, deferred: 0, applied: 0, failed: 0, unknown: 0 },
    approvals: 0,
    engines: [],
    cellList,
    ledger: [],
    pendingApprovals: [],
    decisions: [],
  }
}

function query(parameters: Readonly<Record<string, string>>): Query {
  return queryOf(new URLSearchParams(parameters))
}

test('10,000 cells are read once, and listed in pages of bounded size, each cell once while others start', async () => {
  const stamps = new Map(Array.from({ length: sessions }, (_, index) => [String(index), cellsPerSession]))
  let reads = 0
  const index = new SessionIndex({
    list: async () => Array.from(stamps, ([id, cells]) => ({ id, stamp: String(cells) })),
    read: async (id) => {
      reads++
      return reportOf(id, stamps.get(id) ?? 0)
    },
    originOf: () => ({ tenant: null, isInMemory: false }),
  })
  const lists = new Lists(index)
  await index.look()
  await index.look()
  expect(reads).toBe(sessions)
  const seen = new Set<string>()
  let cursor: string | null = ''
  let pages = 0
  while (cursor !== null) {
    const page = lists.cells(query({ limit: '200', cursor }))
    expect(JSON.stringify(page).length).toBeLessThan(200_000)
    for (const { sessionId, cellId } of page.items) {
      expect(seen.has(`${sessionId}/${cellId}`)).toBe(false)
      seen.add(`${sessionId}/${cellId}`)
    }
    cursor = page.nextCursor
    // A cell that starts moves no other cell to another page.
    if (++pages === 10) {
      stamps.set('100', 1)
      await index.look()
    }
  }
  expect(seen.size).toBe(sessions * cellsPerSession)
  expect(reads).toBe(sessions + 1)
  const found = lists.cells(query({ search: '42-99', status: 'completed', limit: '5' }))
  expect(found).toMatchObject({ total: 1, items: [{ sessionId: '42', cellId: '100' }], counts: { completed: 1 } })
})
