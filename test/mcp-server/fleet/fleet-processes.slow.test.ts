import { describe, expect, test } from 'vitest'
import { newSchema, skippedWithoutPostgres } from '../../support/postgres/shared-server.ts'
import { FleetProcesses, Recorder, StubbornClient } from './fleet-processes.ts'

const tokens = Array.from({ length: 20 }, (_, n) => `token-of-client-${n}-0123456789`)

/** A program with effects that may not happen twice, of which some can be unknown. */
const program = (client: number, effects: number): string => `
const ends = { done: 0, unknown: 0 }
for (let n = 0; n < ${effects}; n++) {
  try {
    await tools.recorder__act({ body: { of: "${client}/" + n } })
    ends.done++
  } catch (error) {
    if (!String(error).includes('unknown')) throw error
    ends.unknown++
  }
  await new Promise((go) => setTimeout(go, 50))
}
text("done " + ends.done + ", unknown " + ends.unknown + ".")`

describe.skipIf(skippedWithoutPostgres() !== null)('three servers over PostgreSQL behind a load balancer', () => {
  test('programs end although their servers are killed, and no effect happens twice', async () => {
    const { url: store } = await newSchema()
    const recorder = await Recorder.start()
    const fleet = await FleetProcesses.start(3, { store, tokens, args: ['--openapi', recorder.document] })
    const effects = 60
    const clients = tokens.slice(0, 6).map((token) => new StubbornClient(fleet.balancer.url, token))
    const running = Promise.all(clients.map((client, n) => client.run(1, program(n, effects))))
    for (const killed of [60, 180]) {
      await expect.poll(() => recorder.effects.length, { timeout: 60_000 }).toBeGreaterThan(killed)
      const [first] = fleet.all
      if (first !== undefined) await fleet.kill(first)
      await fleet.add()
    }
    const outputs = await running
    for (const output of outputs) {
      const [, done, unknown] = /done (\d+), unknown (\d+)\./.exec(output) ?? []
      expect(Number(done) + Number(unknown)).toBe(effects)
    }
    expect(new Set(recorder.effects).size).toBe(recorder.effects.length)
    expect(recorder.effects.length).toBeGreaterThan(effects * clients.length - 3 * clients.length)
  })

  test('a rolling restart loses nothing of 20 clients', async () => {
    const { url: store } = await newSchema()
    const recorder = await Recorder.start()
    const args = ['--openapi', recorder.document, '--drain-timeout', '10000', '--drain-yield', '500']
    const fleet = await FleetProcesses.start(3, { store, tokens, args })
    const effects = 40
    const clients = tokens.map((token) => new StubbornClient(fleet.balancer.url, token))
    const running = Promise.all(clients.map((client, n) => client.run(1, program(n, effects))))
    const before = [...fleet.all]
    await expect.poll(() => recorder.effects.length, { timeout: 60_000 }).toBeGreaterThan(100)
    for (const server of before) {
      await fleet.add()
      expect(await fleet.drain(server)).toBe(0)
    }
    for (const output of await running) expect(output).toContain(`done ${effects}, unknown 0.`)
    expect(recorder.effects.toSorted()).toEqual(
      tokens.flatMap((_, n) => Array.from({ length: effects }, (_each, effect) => `${n}/${effect}`)).toSorted(),
    )
  })

  test('a server that stands still loses its sessions, and requests that it has not answered end', async () => {
    const { url: store } = await newSchema()
    const recorder = await Recorder.start()
    const fleet = await FleetProcesses.start(2, { store, tokens, args: ['--openapi', recorder.document] })
    const client = new StubbornClient(fleet.balancer.url, tokens[0] ?? '')
    const running = client.run(1, program(0, 200))
    await expect.poll(() => recorder.effects.length, { timeout: 60_000 }).toBeGreaterThan(5)
    const owner = await fleet.ownerOf(tokens[0] ?? '')
    owner.run.child.kill('SIGSTOP')
    // Requests through the other server still reach the one that stands still.
    fleet.cutOff(owner)
    const [, done, unknown] = /done (\d+), unknown (\d+)\./.exec(await running) ?? []
    expect([Number(done) + Number(unknown), Number(unknown) <= 1]).toEqual([200, true])
    expect(new Set(recorder.effects).size).toBe(recorder.effects.length)
    owner.run.child.kill('SIGCONT')
  })
})
