import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { encodeLinkFrame } from '../../src/protocol/frame.ts'
import type { Transport } from '../../src/protocol/transport.ts'
import type { FromSupervisor } from '../../src/remote/link/link-message.ts'
import { RemotePlacer } from '../../src/remote/node/remote-placer.ts'
import { portOf } from '../support/links/port-of.ts'

const needs = { profile: 'default', memoryMb: 64, timeZone: 'UTC', locale: 'en-US' } as const
const accepted = { type: 'accepted', used: 1, slots: 4 } as const

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Starts a supervisor that replies to `hello` with messages in one write, and then ends the link if `isLast`. */
async function supervisorOf(messages: readonly FromSupervisor[], { isLast = false } = {}): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      if (messages.length === 0) return
      socket.write(Buffer.concat(messages.map((message) => encodeLinkFrame(message))))
      if (isLast) socket.end()
    })
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${portOf(server)}`
}

function place(...addresses: string[]): { readonly transport: Transport; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const placer = new RemotePlacer({
    addresses: () => addresses,
    tls: () => null,
    tenant: '',
    onWarning: (warning) => warnings.push(warning),
  })
  return { transport: placer.place(needs), warnings }
}

test('a host that ends as soon as it is accepted is lost, with the reason of the supervisor', async () => {
  const exited = { type: 'exited', code: 7, stderr: 'no memory' } as const
  const { transport } = place(await supervisorOf([accepted, exited], { isLast: true }))
  expect(await transport.ended).toEqual({
    type: 'lost',
    reason: 'it exited with code 7',
    detail: 'no memory',
    cause: 7,
  })
})

test('a link that ends as soon as it is accepted is unreachable', async () => {
  const { transport } = place(await supervisorOf([accepted], { isLast: true }))
  expect(await transport.ended).toMatchObject({ type: 'unreachable', reason: 'its link broke' })
})

test('memory and the leave of a supervisor are noticed as soon as a host is accepted', async () => {
  const early = [accepted, { type: 'resident', bytes: 5 }, { type: 'leaving', in: 1000 }] as const
  const { transport } = place(await supervisorOf(early))
  await transport.leaving
  expect(transport.residentBytes()).toBe(5)
  transport.kill()
  expect(await transport.ended).toEqual({ type: 'closed' })
})

test('a host that is no longer needed causes no warning', async () => {
  const { transport, warnings } = place(await supervisorOf([]))
  // waits because the link must be open
  await once(servers[0] ?? createServer(), 'connection')
  transport.kill()
  await transport.ended
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings).toEqual([])
})
