import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { HostProcess } from './host-process.ts'
import { withoutTimes, type FramedClient, type Message } from './framed-client.ts'

/**
 * Conversations that were held with the reference's own host, where this machine has them: ours has to say the same. The
 * two that differ are in `docs/compatibility.md`.
 */
const recorded = new URL('../../../shared/reference/host-cases.json', import.meta.url)

const different = new Map([
  // Ours yields while a notification is on its way.
  ['notify-unanswered', 'a yield'],
  // Which output a yield asked for at once finds is a matter of microseconds.
  ['yield-not-negotiated', 'a race'],
])

type Case = { readonly name: string; readonly log: readonly Message[]; readonly exit: unknown }

/** Some yield after ten milliseconds: a machine that is busy may need another try. */
const tries = 5

describe.runIf(existsSync(recorded))('a conversation that was recorded with the reference', () => {
  test.each(cases())('$name', async (recording) => {
    let difference: unknown = null
    for (let attempt = 1; attempt === 1 || (difference !== null && attempt <= tries); attempt++) {
      difference = await replay(recording)
    }
    expect(difference).toBeNull()
  })
})

/** Holds the conversation again. Returns what was missing, or too much, or null. */
async function replay({ log, exit }: Case): Promise<unknown> {
  await using host = new HostProcess()
  let isWarm = false
  for (const step of log) {
    if (isRecord(step['send'])) {
      if (!isWarm && isOpen(step['send'])) await warmUp(host.client)
      isWarm ||= isOpen(step['send'])
      host.client.send(step['send'])
    }
    if (typeof step['raw'] === 'string') host.client.sendBytes(Buffer.from(step['raw'], 'hex'))
    if (step['end'] === true) host.client.end()
    const { recv } = step
    const wanted = isRecord(recv) ? withoutTimes(JSON.stringify(recv)) : null
    if (wanted !== null) {
      const taken = host.client.take((message) => isDeepStrictEqual(message, wanted))
      const found = await Promise.race([taken, pause(answerMs)])
      if (found === undefined) return { wanted, have: host.client.rest }
    }
    // A pause of the recording gave the host time to say something wrong.
    if (typeof step['pause'] === 'number') await pause(step['pause'])
  }
  const rest = host.client.rest.filter((message) => message['type'] !== 'cell/closed')
  host.client.end()
  const end = await host.exit
  return rest.length === 0 && isDeepStrictEqual(end, exit) ? null : { rest, end }
}

const answerMs = 5000

function isOpen({ request }: Record<string, unknown>): boolean {
  return isRecord(request) && request['method'] === 'session/open' && request['sessionId'] === 's1'
}

/** The first cell of a process is slower, and some conversations are about milliseconds. In a session of its own. */
async function warmUp(client: FramedClient): Promise<void> {
  const session = { sessionId: 'warm-up' }
  client.send({ type: 'operation/request', id: 101, request: { method: 'session/open', ...session } })
  const request = { tool_call_id: 'c', enabled_tools: [], source: 'text(1); await 2; text(3)' }
  client.send({ type: 'operation/request', id: 102, request: { method: 'session/execute', ...session, request } })
  await client.take(({ type }) => type === 'cell/closed')
  await client.take(({ type }) => type === 'execute/initialResponse')
  for (let answers = 0; answers < 2; answers++) await client.take(({ type }) => type === 'operation/response')
}

function cases(): Case[] {
  if (!existsSync(recorded)) return []
  const file: unknown = JSON.parse(readFileSync(recorded, 'utf8'))
  const list: unknown = isRecord(file) ? file['cases'] : []
  return (Array.isArray(list) ? list : []).filter(isRecord).flatMap((entry) => {
    const name = String(entry['name'])
    const log: unknown = entry['log']
    const exit = entry['host_ended_by_itself'] ?? entry['after_end_of_input']
    return different.has(name) || !Array.isArray(log) ? [] : [{ name, log: log.filter(isRecord), exit }]
  })
}

async function pause(ms: number): Promise<undefined> {
  return await new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms)
  })
}
