import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/client'
import { describe, expect, test } from 'vitest'
import type { Tool } from '../../../src/index.ts'
import { newFolder } from '../../support/folder.ts'
import { Gate } from '../../support/gate.ts'
import type { Era } from '../served.ts'
import { connectTo, exec, startNode } from './fleet.ts'

type Moving = {
  readonly path: string
  readonly urls: string[]
  readonly client: Client
  readonly other: { readonly url: string }
}

/** Lets the other server open the session, as it does after the end of a lease. */
async function takeSession({ path, urls, client, other }: Moving): Promise<void> {
  using database = new DatabaseSync(path)
  database.exec('UPDATE sessions SET owner = NULL')
  const [before = ''] = urls.splice(0, 1, other.url)
  await client.callTool({ name: 'wait', arguments: { cell_id: '99', yield_time_ms: 1 } })
  urls.splice(0, 1, before)
}

/** A tool whose calls wait, and are made again by the next owner. */
function repeatable(gate: Gate): Tool {
  return { ...gate.tool, annotations: { readOnlyHint: true, idempotentHint: true } }
}

async function longExec(client: Client, code: string): Promise<string> {
  const call = { name: 'exec', arguments: { code, yield_time_ms: 60_000 } }
  return JSON.stringify(await client.callTool(call, { timeout: 120_000 }))
}

const cases = (['legacy', 'modern'] as const).flatMap((era: Era) =>
  (['its owner', 'another server'] as const).map((reached) => ({ era, reached })),
)

async function startFleet({ era, reached }: (typeof cases)[number]) {
  const gate = new Gate()
  const path = join(newFolder(), 'store.db')
  const options = {
    path,
    tools: [repeatable(gate)],
    store: { leaseMs: 3000 },
    settings: { maxYieldTimeMs: 60_000 },
  }
  const owner = await startNode(options)
  const other = await startNode(options)
  const urls = [owner.url]
  const { client } = await connectTo(urls, { era, listens: false })
  expect(await exec(client, 'text("opened")')).toContain('opened')
  const forwards = reached === 'another server'
  if (forwards) urls.splice(0, 1, other.url)
  return { gate, path, owner, other, urls, client, forwards }
}

describe.each(cases)('a client of the $era era that reaches $reached,', (each) => {
  test('receives the response to a wait from the next owner of its session', async () => {
    const fleet = await startFleet(each)
    const { gate, client } = fleet
    expect(await exec(client, 'yield_control(); text(await tools.gate({}))')).toContain('cell ID 2')
    await gate.called(1)
    const call = { name: 'wait', arguments: { cell_id: '2', yield_time_ms: 60_000 } }
    const waiting = client.callTool(call, { timeout: 120_000 })
    await takeSession(fleet)
    // The owner notices it when it writes.
    gate.open('early')
    await gate.called(2)
    gate.open('late')
    expect(JSON.stringify(await waiting)).toMatch(/Script completed[^]*late/)
  })

  test('receives the cell of a running exec, and waits for it at the next owner', async () => {
    const fleet = await startFleet(each)
    const { gate, client } = fleet
    const running = longExec(client, 'text(await tools.gate({}))')
    await gate.called(1)
    await takeSession(fleet)
    gate.open('early')
    const response = await running
    expect(response).toContain('Script running with cell ID 2')
    expect(response).not.toContain('isError')
    const waiting = client.callTool({ name: 'wait', arguments: { cell_id: '2', yield_time_ms: 60_000 } })
    await gate.called(2)
    gate.open('late')
    expect(JSON.stringify(await waiting)).toMatch(/Script completed[^]*late/)
  })

  test('runs an exec once whose session is taken before its cell is on record', async () => {
    const fleet = await startFleet(each)
    const { gate, client } = fleet
    await takeSession(fleet)
    const running = longExec(client, 'text(await tools.gate({}))')
    await gate.called(1)
    gate.open('result')
    expect(await running).toMatch(/Script completed[^]*result/)
    expect(gate.calls).toHaveLength(1)
  })

  test('receives the cell of a running exec when the server is disposed', async () => {
    const { gate, owner, other, urls, client, forwards } = await startFleet(each)
    const running = longExec(client, 'text(await tools.gate({}))')
    await gate.called(1)
    const disposed = owner[Symbol.asyncDispose]()
    expect(await running).toContain('Script running with cell ID 2')
    await disposed
    if (!forwards) urls.splice(0, 1, other.url)
    const waiting = client.callTool({ name: 'wait', arguments: { cell_id: '2', yield_time_ms: 60_000 } })
    await gate.called(2)
    gate.open('late')
    gate.open('late')
    expect(JSON.stringify(await waiting)).toMatch(/Script completed[^]*late/)
  })
})
