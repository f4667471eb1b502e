import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { ConsoleUser } from '../../src/console/auth/console-user.ts'
import { OpenStreams } from '../../src/console/http/open-streams.ts'
import { closeServer, listenOnLoopback } from '../support/loopback-server.ts'

const user: ConsoleUser = {
  name: 'Ann',
  isClaimed: false,
  scopes: new Set(['read']),
  tenant: null,
  expiresAt: Date.now() + 3_600_000,
}

test('A client that has left before its stream opens does not count', async () => {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>()
  const server = createServer((_, response) => resolve(response))
  const url = await listenOnLoopback(server)
  onTestFinished(() => closeServer(server))
  const client = request(url).on('error', () => undefined)
  client.end()
  const response = await promise
  client.destroy()
  await once(response, 'close')
  const streams = new OpenStreams()
  // A stream that is never released would use up all 100.
  for (let n = 0; n < 101; n++) expect(streams.admit(response, user, () => undefined)).toBe(false)
})
