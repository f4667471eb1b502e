import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createMcpServer, serveHttp, type PeerOptions } from '../../../src/mcp-server.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { Certificates, type Pem } from '../../support/links/certificates.ts'
import { connectTo, exec, startNode, tokens } from './fleet.ts'

const certificates = new Certificates()
afterAll(() => certificates[Symbol.dispose]())

/** Sends a request to the port for other servers. Returns the status, or the reason why there is none. */
async function ask(port: number, pem: Partial<Pem>): Promise<number | string> {
  const headers = { 'codecell-hop': '1', authorization: `Bearer ${tokens[0]}` }
  return await new Promise((resolve) => {
    const outgoing = request(`https://127.0.0.1:${port}/mcp`, {
      ...pem,
      headers,
      rejectUnauthorized: false,
      agent: false,
    })
    outgoing.once('response', (response) => resolve(response.resume().statusCode ?? 0))
    outgoing.once('error', () => resolve('refused'))
    outgoing.end()
  })
}

describe('the servers of a fleet with certificates', () => {
  test('forward requests to each other', async () => {
    const path = join(newFolder(), 'store.db')
    const urls: string[] = []
    for (let n = 0; n < 2; n++) urls.push((await startNode({ path, tls: certificates.make() })).url)
    const { client } = await connectTo(urls)
    for (let n = 1; n <= 3; n++) {
      expect(await exec(client, 'store("n", (load("n") ?? 0) + 1); text(`run ${load("n")}`)')).toContain(`run ${n}`)
    }
  })

  test('accept only each other', async () => {
    const node = await startNode({ path: join(newFolder(), 'store.db'), tls: certificates.make() })
    const others: readonly Partial<Pem>[] = [{}, certificates.make({ isForeign: true })]
    for (const pem of others) expect(await ask(node.peerPort, pem)).toBe('refused')
    expect(await ask(node.peerPort, certificates.make())).not.toBe('refused')
  })
})

describe('serveHttp of a fleet', () => {
  const keys = ['k'.repeat(32)]
  const peer: PeerOptions = { address: '0.0.0.0', port: 0, tls: null }

  test.each([
    ['without a key', { keys: [] }, 'Cannot use option "keys" of a fleet: expected keys of at least 32 characters'],
    ['with a short key', { keys: ['short'] }, 'expected keys of at least 32 characters'],
    [
      'without certificates beyond loopback',
      { keys, peer },
      'Cannot listen for other nodes on 0.0.0.0 without certificates',
    ],
    ['with an unknown option', Object.assign({ keys }, { hibernate: 1 }), 'hibernate'],
    ['with a negative time', { keys, hibernateMs: -1 }, 'Cannot use option "hibernateMs" of a fleet'],
  ])('is refused %s', async (_, fleet, text) => {
    const path = join(newFolder(), 'store.db')
    await using store = sqliteStore(path, { address: 'http://127.0.0.1:1' })
    await using server = createMcpServer({ tools: [], hosts: sharedHosts('in-process'), store })
    await expect(serveHttp(server, { tokens, fleet })).rejects.toThrow(text)
  })

  test('is refused without a store, and without the address of the store', async () => {
    await using alone = createMcpServer({ tools: [], hosts: sharedHosts('in-process') })
    await expect(serveHttp(alone, { tokens, fleet: { keys } })).rejects.toThrow(
      'expected a server with the option "store"',
    )
    await using store = sqliteStore(join(newFolder(), 'store.db'))
    await using server = createMcpServer({ tools: [], hosts: sharedHosts('in-process'), store })
    const fleet = { keys, peer: { ...peer, address: '127.0.0.1' } }
    await expect(serveHttp(server, { tokens, fleet })).rejects.toThrow('expected a store with the option "address"')
  })
})
