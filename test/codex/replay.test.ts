import { existsSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { HostProcess } from './host-process.ts'
import { withoutTimes, type Message } from './framed-client.ts'

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

describe.runIf(existsSync(recorded))('a conversation that was recorded with the reference', () => {
  test.each(cases())('$name', async ({ log, exit }) => {
    await using host = new HostProcess()
    for (const step of log) {
      if (isRecord(step['send'])) host.client.send(step['send'])
      if (typeof step['raw'] === 'string') host.client.sendBytes(Buffer.from(step['raw'], 'hex'))
      if (step['end'] === true) host.client.end()
      const { recv } = step
      if (isRecord(recv)) {
        const wanted = withoutTimes(JSON.stringify(recv))
        expect(await host.client.take((message) => isDeepStrictEqual(message, wanted))).toEqual(wanted)
      }
      // A pause of the recording gave the host time to say something wrong.
      if (typeof step['pause'] === 'number') await pause(step['pause'])
    }
    expect(host.client.rest.filter((message) => message['type'] !== 'cell/closed')).toEqual([])
    host.client.end()
    expect(await host.exit).toEqual(exit)
  })
})

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

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
