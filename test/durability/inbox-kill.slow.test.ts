import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import {
  CodecellError,
  decideApproval,
  readSession,
  terminateCell,
  type ApprovalDecision,
  type SessionEvent,
} from '../../src/index.ts'
import type { StoredSession } from '../../src/session/inbox/stored-inbox.ts'
import { postgresStore, sqliteStore, type SharedStore } from '../../src/store.ts'
import { SeededRandom } from '../faults/random.ts'
import { builtProgram } from '../support/built-program.ts'
import { childEnv } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { newSchema, skippedWithoutPostgres } from '../support/postgres/shared-server.ts'

const script = await builtProgram(new URL('inbox-agent.ts', import.meta.url))

type Place = { readonly location: string; readonly at: StoredSession }

function placeIn(store: SharedStore, location: string): Place {
  onTestFinished(async () => await store[Symbol.asyncDispose]())
  return { location, at: { store, sessionId: 'kept' } }
}

const places: readonly (readonly [name: string, newPlace: () => Promise<Place>])[] = [
  [
    'a folder',
    async () => {
      const storage = newFolder()
      return { location: storage, at: { storage, sessionId: 'kept' } }
    },
  ],
  [
    'a store in SQLite',
    async () => {
      const path = join(newFolder(), 'store.db')
      return placeIn(sqliteStore(path), `sqlite:${path}`)
    },
  ],
]

const postgres: (typeof places)[number] = [
  'a store in PostgreSQL',
  async () => {
    const { url } = await newSchema()
    return placeIn(postgresStore(url), url)
  },
]

const allPlaces = skippedWithoutPostgres() === null ? [...places, postgres] : places

type Agent = {
  readonly opened: Promise<void>
  /** The last line of the agent, and whether it was killed. */
  readonly ended: Promise<{ readonly last: string; readonly isKilled: boolean }>
  readonly kill: () => void
}

function startAgent({ location }: Place, witness: string, killAt: string, program: string): Agent {
  const agent = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, location, witness, killAt, program],
    {
      env: childEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  onTestFinished(() => void agent.kill('SIGKILL'))
  const opened = Promise.withResolvers<void>()
  let last = ''
  createInterface({ input: agent.stdout }).on('line', (line) => {
    last = line
    if (line === 'open') opened.resolve()
  })
  const ended = once(agent, 'close').then(([, signal]) => {
    opened.resolve()
    return { last, isKilled: signal === 'SIGKILL' }
  })
  return { opened: opened.promise, ended, kill: () => void agent.kill('SIGKILL') }
}

/** Decides about each pending call until `signal` aborts, each request several times. Adds the confirmed ones to `confirmed`. */
async function approver(
  at: StoredSession,
  { name, decision }: { readonly name: string; readonly decision: ApprovalDecision },
  confirmed: Map<string, string[]>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const { key, inputHash, toolDigest } of (await readSession(at)).pendingApprovals) {
      const requestId = `${name}-${key}`
      const request = { ...at, key, inputHash, toolDigest, decision, decidedBy: name, requestId }
      if (await isDecided(request)) confirmed.set(key, [...(confirmed.get(key) ?? []), requestId])
    }
    // waits because the approvers must leave CPU time to the agent
    await delay(20)
  }
}

/** Sends a decision twice. Returns false when the call was not pending any longer. */
async function isDecided(request: Parameters<typeof decideApproval>[0]): Promise<boolean> {
  try {
    await decideApproval(request)
    await decideApproval(request)
    return true
  } catch (error) {
    if (CodecellError.is(error, 'APPROVAL_NOT_PENDING')) return false
    throw error
  }
}

function linesOf(witness: string): readonly string[] {
  return existsSync(witness)
    ? readFileSync(witness, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}

/** Events before and after the decision is on record. */
const killPoints: readonly SessionEvent['type'][] = [
  'approval_decided',
  'nested_call_ended',
  'cell_command',
  'approval_asked',
]

const asking = `for (let n = 0; n < 12; n++) await tools.send({ n }).catch(() => 0)`

test.each(allPlaces)(
  'of the decisions of two approvers about each call, the first counts once while the owner in %s is killed',
  async (name, newPlace) => {
    const place = await newPlace()
    const random = new SeededRandom(7)
    const witness = join(newFolder(), 'witness')
    const confirmed = new Map<string, string[]>()
    const stop = new AbortController()
    const decide = async (approverName: string, decision: ApprovalDecision): Promise<void> =>
      await approver(place.at, { name: approverName, decision }, confirmed, stop.signal)
    const approvers: Promise<void>[] = []
    let kills = 0
    const rounds = name === 'a folder' ? 10 : 5
    for (let round = 0; ; round++) {
      const isFinal = round >= rounds
      const killAt = isFinal ? 'none' : (killPoints[round] ?? 'none')
      const agent = startAgent(place, witness, killAt, asking)
      await agent.opened
      if (round === 0)
        approvers.push(decide('ann', { type: 'allow' }), decide('bob', { type: 'allow_in_cell', calls: 1 }))
      if (!isFinal && killAt === 'none') {
        // waits because the process is killed at a random time
        await Promise.race([delay(random.below(400)), agent.ended])
        agent.kill()
      }
      const { last, isKilled } = await agent.ended
      if (isKilled) kills++
      if (last === 'completed') break
      expect([last, isKilled]).toEqual([expect.stringMatching(/^(open)?$/), true])
    }
    stop.abort()
    await Promise.all(approvers)
    expect(kills).toBeGreaterThanOrEqual(4)
    const report = await readSession(place.at)
    expect(report.decisions).toHaveLength(12)
    expect(report.pendingApprovals).toEqual([])
    for (const { key, requestId } of report.decisions) {
      expect([key, new Set(confirmed.get(key) ?? [requestId])]).toEqual([key, new Set([requestId])])
    }
    const calls = linesOf(witness)
    expect(new Set(calls).size).toBe(calls.length)
    // A call whose process was killed in its tool is not made again.
    expect(calls.length).toBeGreaterThanOrEqual(12 - kills)
  },
  180_000,
)

test.each(allPlaces)(
  'a termination that is on record ends the cell, whenever the owner in %s is killed',
  async (name, newPlace) => {
    const random = new SeededRandom(11)
    const ticking = `for (let n = 0; ; n++) { await tools.tick({ n }); await new Promise((resolve) => setTimeout(resolve, 5)) }`
    for (let round = 0; round < (name === 'a folder' ? 5 : 3); round++) {
      const place = await newPlace()
      const witness = join(newFolder(), 'witness')
      const first = startAgent(place, witness, round === 0 ? 'cell_responded' : 'none', ticking)
      await first.opened
      await expect.poll(() => linesOf(witness).length, { timeout: 60_000 }).toBeGreaterThan(2)
      expect(await terminateCell({ ...place.at, cellId: '1' })).toEqual({ type: 'requested' })
      // waits because the process is killed at a random time
      if (round > 0) await delay(random.below(round * 150))
      else await first.ended
      first.kill()
      await first.ended
      const before = linesOf(witness)
      const second = startAgent(place, witness, 'none', 'text("again")')
      expect(['terminated', 'completed']).toContain((await second.ended).last)
      expect(linesOf(witness)).toEqual(before)
      const { cellList } = await readSession(place.at)
      expect(cellList[0]).toMatchObject({ state: { type: 'closed', ending: 'terminated' } })
    }
  },
  180_000,
)
