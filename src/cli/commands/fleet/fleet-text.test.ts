import { describe, expect, test } from 'vitest'
import type { FleetQueue, FleetReport } from '../../../store.ts'
import type { SupervisorReport } from '../../../supervisor.ts'
import { fleetJson } from './fleet-json.ts'
import { problemsOf } from './fleet-problems.ts'
import { fleetParts, type FleetState } from './fleet-state.ts'
import { fleetText } from './fleet-text.ts'

const at = Date.parse('2026-11-30T20:00:00Z')
const minute = 60_000

const node: FleetReport['nodes'][number] = {
  node: '1f3a9c2e-7f00-4000-8000-000000000000',
  address: 'https://node-1.internal.example:7800',
  build: '0.1.0',
  isAlive: true,
  isDraining: false,
  isReader: false,
  leaseUntil: at + 9000,
  aliveSince: at - 3 * 86_400_000,
  sessions: 1200,
}

const queue: FleetQueue = {
  tenant: 'acme',
  due: 12,
  dueSince: at - 5 * minute,
  abandoned: 3,
  abandonedSince: at - 2 * minute,
  needs: [{ capability: 'engine:a1b2c3d4e5f6', sessions: 12 }],
  waiting: 400,
  nextDueAt: at + 3 * minute,
  inbox: 7,
  oldestInboxAt: at - 90_000,
  parked: 5,
  parkedSessions: ['a', 'b', 'c', 'd', 'e'],
}

const store: FleetReport = {
  at,
  nodes: [
    node,
    { ...node, node: '22', address: null, build: null, isDraining: true, sessions: 1 },
    { ...node, node: '33', isAlive: false, sessions: 2 },
    { ...node, node: '44', isReader: true, sessions: 0 },
  ],
  tenants: [
    {
      tenant: 'acme',
      sessions: 1203,
      openSessions: 1200,
      cells: { running: 900, finished: 10, closed: 52_000 },
      approvals: 4,
      oldestApprovalAt: at - 3 * minute,
    },
  ],
  queues: [queue],
  engines: [
    { engine: 'a1b2c3d4e5f6', name: 'v8 13.6.233.10', cells: 800 },
    { engine: null, name: null, cells: 100 },
  ],
}

const supervisor: SupervisorReport = {
  type: 'supervisor',
  address: '10.0.0.7:7700',
  name: 'hosts.internal:7700',
  version: '0.1.0',
  isDraining: false,
  slots: 8,
  used: 3,
  tenantSlots: 8,
  tenants: ['acme', 'bravo', 'charlie', 'delta'].map((tenant) => ({ tenant, used: 1 })),
  moreTenants: 2,
  engines: [{ codecell: '0.1.0', isolatedVm: '7.0.0', v8: '13.6.233.10', icu: '77', tz: '2026a' }],
  strictOnly: false,
  memoryMb: 4096,
}

const state: FleetState = {
  store,
  supervisors: [
    supervisor,
    { ...supervisor, name: '10.0.0.8:7700', address: '10.0.0.8:7700', isDraining: true, tenants: [], moreTenants: 0 },
    { type: 'unreachable', name: '10.0.0.9:7700', address: '10.0.0.9:7700', reason: 'cannot connect' },
  ],
}

const options = { overdueMs: minute, engine: null }

test('the tables of a fleet fit into 80 columns', () => {
  const lines = fleetText(state, fleetParts, [])
  expect(lines.join('\n')).toBe(`\
NODE      ADDRESS                       VERSION  STATE     SESSIONS  STARTED
1f3a9c2e  https://node-1.internal.exa…  0.1.0    alive     1200      3 d ago
22        -                             -        draining  1         3 d ago
33        https://node-1.internal.exa…  0.1.0    ENDED     2         3 d ago

HOSTS AT                      STATE        USED  FREE  VERSION  V8    TENANTS
hosts.internal:7700 (10.0.0…  ready        3     5     0.1.0    13.6  acme 1, +5
10.0.0.8:7700                 draining     3     5     0.1.0    13.6  -
10.0.0.9:7700                 UNREACHABLE

TENANT  SESSIONS  OPEN  RUNNING  UNREAD  ENDED  APPROVALS
acme    1203      1200  900      10      52000  4 (3 min ago)

TENANT  DUE             ABANDONED      LATER           INBOX          PARKED
acme    12 (5 min ago)  3 (2 min ago)  400 (in 3 min)  7 (1 min ago)  5

ENGINE        NAME            RUNNING CELLS
a1b2c3d4e5f6  v8 13.6.233.10  800
unknown       -               100`)
  for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80)
})

describe('problemsOf()', () => {
  test('names what waits for too long, what is parked, and supervisors that do not respond', () => {
    expect(problemsOf(state, options)).toEqual([
      { part: 'hosts', text: 'supervisor 10.0.0.9:7700 does not respond: cannot connect' },
      {
        part: 'queues',
        text: 'tenant "acme": 12 sessions due, the first 5 min ago: no node opens it; needed: engine:a1b2c3d4e5f6 (12)',
      },
      {
        part: 'queues',
        text: 'tenant "acme": 3 sessions of a process that ended 2 min ago: no node opens it; needed: engine:a1b2c3d4e5f6 (12)',
      },
      { part: 'queues', text: 'tenant "acme": 7 entries in inboxes, the oldest 1 min ago: no session takes them' },
      {
        part: 'queues',
        text: 'tenant "acme": 5 sessions parked, which no node opens by itself: a, b, c, and 2 more',
      },
    ])
  })

  test('is empty for work that has not waited for long, or becomes due later', () => {
    const early = { ...queue, dueSince: at - 1000, abandonedSince: at - 1000, oldestInboxAt: null, parked: 0 }
    expect(problemsOf({ store: { ...store, queues: [early] }, supervisors: [supervisor] }, options)).toEqual([])
    const older = problemsOf(
      { store: { ...store, queues: [early] }, supervisors: null },
      { ...options, overdueMs: 999 },
    )
    expect(older).toHaveLength(2)
  })

  test('names an engine that has running cells', () => {
    const problems = (engine: string) =>
      problemsOf({ store: { ...store, queues: [] }, supervisors: null }, { ...options, engine })
    expect(problems('a1b2c3d4e5f6')).toEqual([{ part: 'engines', text: 'engine a1b2c3d4e5f6 has 800 running cells' }])
    expect(problems('v8 13.6.233.10')).toHaveLength(1)
    for (const other of ['a1b2c3d4e5f7', 'v8', 'null', 'unknown']) expect(problems(other)).toEqual([])
  })
})

test('a fleet without anything has a sentence for each part', () => {
  const nothing = { at, nodes: [], tenants: [], queues: [], engines: [] }
  expect(fleetText({ store: nothing, supervisors: [] }, fleetParts, [])).toEqual([
    'No node has the store open',
    '',
    'No supervisors',
    '',
    'No tenant has sessions',
    '',
    'No session waits for a node',
    '',
    'No cell runs',
  ])
})

test('names of other processes cannot control the terminal', () => {
  const hostile = { ...node, address: 'a\u001B[2Jb', build: '\u202Ex' }
  const lines = fleetText(
    { store: { ...store, nodes: [hostile] }, supervisors: null },
    ['nodes'],
    [{ part: 'hosts', text: 'bad \u001B[2J' }],
  )
  for (const control of ['\u001B', '\u202E']) expect(lines.join()).not.toContain(control)
})

test('a fleet as JSON has one line for each member, without the process that reads', () => {
  const problems = problemsOf(state, options)
  const lines = fleetJson(state, fleetParts, problems).map((line): unknown => JSON.parse(line))
  expect(lines.map((line): string => Object(line).type).join(' ')).toBe(
    'node node node host host host tenant queue engine engine problem problem problem problem problem',
  )
  expect(lines[0]).toEqual({
    type: 'node',
    node: node.node,
    address: node.address,
    version: '0.1.0',
    alive: true,
    draining: false,
    lease_until: node.leaseUntil,
    alive_since: node.aliveSince,
    sessions: 1200,
  })
  expect(lines[3]).toMatchObject({
    address: '10.0.0.7:7700',
    state: 'ready',
    slots: 8,
    used: 3,
    free: 5,
    more_tenants: 2,
  })
  expect(lines[5]).toMatchObject({ state: 'unreachable', reason: 'cannot connect' })
  expect(lines[7]).toMatchObject({ due: 12, overdue_ms: 5 * minute, parked_sessions: ['a', 'b', 'c', 'd', 'e'] })
})
