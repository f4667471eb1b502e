import { expect, vi } from 'vitest'
import { createSession, type CellOutcome, type Session } from '../../../src/index.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { Gate } from '../../support/gate.ts'
import type { Cut, LinkRelay } from '../../support/links/link-relay.ts'
import { LinkedHosts } from '../../support/links/linked-hosts.ts'
import { textsOf } from '../../support/texts.ts'
import { EventWatch } from '../following/event-watch.ts'

const longYieldTime = { yieldTimeMs: 300_000 }
/** Three seconds, after the second of the last message. */
const silenceMs = 4000

/** Cuts the links of all hosts, and lets the time pass until a silent link is noticed. Returns their number. */
async function cut(relay: LinkRelay, kind: Cut): Promise<number> {
  const count = relay.cut(kind)
  if (kind === 'silence') await vi.advanceTimersByTimeAsync(silenceMs)
  return count
}

/** A tool that returns the member `key` of its input, and records it. */
function echo(onCall: (count: number) => void = () => undefined): {
  readonly keys: string[]
  readonly tool: { readonly name: string; readonly call: (input: unknown) => string }
} {
  const keys: string[] = []
  const call = (input: unknown): string => {
    const key = String(isRecord(input) ? input['key'] : input)
    onCall(keys.push(key))
    return key
  }
  return { keys, tool: { name: 'echo', call } }
}

function compute(n: number): number {
  let sum = 0
  for (let i = 0; i < 300_000; i++) sum = (sum + i * n) % 1_000_003
  return sum
}

/** A program that makes calls between long computations, so it is busy nearly all the time. */
const busyProgram = (cell: number): string => `
  const compute = ${compute.toString()}
  for (let i = 0; i < 4; i++) {
    text(await tools.echo({ key: "${cell}:" + i }) + " " + compute(${cell} + i))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }`

function endsOf(session: Session, programs: readonly string[]): Promise<readonly CellOutcome[]> {
  return Promise.all(programs.map(async (program) => await session.execute(program, longYieldTime)))
}

/** Tests that all busy cells resume on other hosts at once, that none is a suspect, and that no call is made twice. */
export async function testBusyCells(kind: Cut): Promise<void> {
  const cells = Array.from({ length: 14 }, (_, cell) => cell)
  await using links = await LinkedHosts.start({ size: 2, warmIsolates: 1 })
  let broken = 0
  const cutting = echo((count) => {
    if (count === 15 || count === 40) void cut(links.relay, kind).then((number) => (broken += number))
  })
  const watch = new EventWatch()
  await using session = await createSession({ hosts: links.pool, tools: [cutting.tool], listeners: [watch] })
  const outcomes = await endsOf(session, cells.map(busyProgram))
  expect(outcomes.map(({ type }) => type)).toEqual(cells.map(() => 'completed'))
  const keys = cells.map((cell) => [0, 1, 2, 3].map((i) => `${cell}:${i}`))
  expect(outcomes.map(textsOf)).toEqual(
    cells.map((cell) => [0, 1, 2, 3].map((i) => `${cell}:${i} ${compute(cell + i)}`)),
  )
  expect(cutting.keys.toSorted()).toEqual(keys.flat().toSorted())
  expect(watch.count('cell_revived')).toBeGreaterThan(10)
  // Each broken link is replaced by one. A suspect would have a link of its own.
  expect(broken).toBeGreaterThan(1)
  expect(links.relay.connections).toBeLessThanOrEqual(2 + broken)
}

/** Tests that the cells of one host resume on the other, which keeps running. */
export async function testOneHost(kind: Cut): Promise<void> {
  await using links = await LinkedHosts.start({ size: 2, warmIsolates: 1 })
  const gate = new Gate()
  await using session = await createSession({ hosts: links.pool, tools: [gate.tool] })
  const source = 'text(await tools.gate({})); text(await tools.gate({}))'
  const ends = endsOf(
    session,
    Array.from({ length: 12 }, () => source),
  )
  await gate.called(12)
  expect(links.relay.cut(kind, { isFirstOnly: true })).toBe(1)
  if (kind === 'silence') {
    // Pongs of the other host arrive between the beats.
    for (let beat = 0; beat < 5; beat++) {
      await vi.advanceTimersByTimeAsync(1000)
      await createSession({ hosts: links.pool }).then((other) => other.close())
    }
  }
  while (gate.open('a'));
  await gate.called(24)
  while (gate.open('b'));
  expect((await ends).map(textsOf)).toEqual(Array.from({ length: 12 }, () => ['a', 'b']))
  expect(gate.calls).toHaveLength(24)
}

/** Tests that a program makes each of forty calls in sequence once. */
export async function testCallsInSequence(kind: Cut): Promise<void> {
  await using links = await LinkedHosts.start({ size: 1, warmIsolates: 1 })
  const calls = echo((count) => {
    if (count % 20 === 7) void cut(links.relay, kind)
  })
  await using session = await createSession({ hosts: links.pool, tools: [calls.tool] })
  const outcome = await session.execute(
    'let sum = 0; for (let i = 1; i <= 40; i++) sum += Number(await tools.echo({ key: i })); text(sum)',
    longYieldTime,
  )
  expect([outcome.type, ...textsOf(outcome)]).toEqual(['completed', '820'])
  expect(calls.keys).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 1)))
}

/** Tests that cells wait while no host can be reached, and resume when one comes back. */
export async function testReturn(kind: Cut): Promise<void> {
  await using links = await LinkedHosts.start({ size: 1, warmIsolates: 1 })
  const gate = new Gate()
  await using session = await createSession({ hosts: links.pool, tools: [gate.tool] })
  expect(await session.execute('text(await tools.gate({}))', { yieldTimeMs: 0 })).toMatchObject({ type: 'yielded' })
  await gate.called(1)
  links.relay.down = kind === 'silence' ? 'end' : kind
  await cut(links.relay, kind)
  gate.open('first')
  await expect.poll(() => links.pool.failedStarts.length).toBeGreaterThan(1)
  expect(await session.observe('1', { yieldTimeMs: 0 })).toMatchObject({
    type: 'yielded',
    waitsForHost: 'the supervisors of its hosts cannot be reached',
  })
  links.relay.down = null
  expect(textsOf(await session.observe('1', longYieldTime))).toEqual(['first'])
  expect(gate.calls).toHaveLength(1)
}

/** Tests that a cell can be terminated while its link breaks. */
export async function testTermination(kind: Cut): Promise<void> {
  await using links = await LinkedHosts.start({ size: 1, warmIsolates: 1 })
  await using session = await createSession({ hosts: links.pool })
  await session.execute('for (;;) {}', { yieldTimeMs: 0 })
  const terminated = session.terminate('1')
  await cut(links.relay, kind)
  expect(await terminated).toMatchObject({ type: 'terminated' })
  expect(textsOf(await session.execute('text("next")', longYieldTime))).toEqual(['next'])
}
