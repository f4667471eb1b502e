import { readFileSync } from 'node:fs'
import { remoteHosts, type Tool } from '../../src/index.ts'
import { createMcpServer, serveHttp } from '../../src/mcp-server.ts'
import { postgresStore } from '../../src/store.ts'
import { parseNodeOrder, parseToNode, type FromNode, type ToNode } from './node-messages.ts'

// A server of the fleet, for MCP clients over HTTP. It forwards the calls of tools.

const order = parseNodeOrder(readFileSync(process.argv[2] ?? '', 'utf8'))
const calls = new Map<number, (answer: Extract<ToNode, { readonly type: 'answered' }>) => void>()
let callCount = 0

function say(message: FromNode): void {
  process.send?.(message)
}

function tool(name: string, rest: Partial<Tool> = {}): Tool {
  return {
    name,
    ...rest,
    call: async (input, { key, epoch }) => {
      const number = ++callCount
      const answered = new Promise<Extract<ToNode, { readonly type: 'answered' }>>((resolve) =>
        calls.set(number, resolve),
      )
      const session = { tenant: 'default', id: key.split('/')[0] ?? '' }
      say({ type: 'call', number, session, opening: 0, epoch, key, tool: name, input: JSON.stringify(input) })
      return (await answered).value
    },
  }
}

const peerPort = 7800
const tls = () => ({
  cert: readFileSync(order.tls.cert, 'utf8'),
  key: readFileSync(order.tls.key, 'utf8'),
  ca: readFileSync(order.tls.ca, 'utf8'),
})
const store = postgresStore(order.url, {
  address: `https://${order.address}:${peerPort}`,
  leaseMs: order.leaseMs,
  onReport: (text) => say({ type: 'report', text }),
})
const hosts = remoteHosts({ addresses: order.addresses, tls, tenant: order.tenants[0] ?? '', min: 1, max: 2 })
const tools = [tool('append'), tool('put', { idempotent: true })]
const server = createMcpServer({ tools, store, hosts })
const keys = ['fleet-key-0123456789-0123456789-0123456789']
const peer = { address: order.address, port: peerPort, tls: tls() }
const serving = await serveHttp(server, {
  tokens: order.tokens,
  address: order.address,
  port: 8080,
  hosts: [`${order.address}:8080`],
  fleet: { keys, peer, hibernateMs: 1000 },
  // Clients, other servers and the store end connections all the time.
  onError: () => undefined,
})
process.on('message', (value) => {
  const message = parseToNode(value)
  if (message.type === 'answered') {
    calls.get(message.number)?.(message)
    calls.delete(message.number)
  } else void close()
})
process.on('disconnect', () => process.exit(0))
say({ type: 'ready' })

async function close(): Promise<void> {
  for (const part of [serving, server, hosts, store]) await part[Symbol.asyncDispose]()
  process.disconnect()
}
