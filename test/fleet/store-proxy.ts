import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from '../support/links/port-of.ts'
import { parseToProxy, type CommitPoint, type FromProxy } from './store-proxy-messages.ts'

// node store-proxy.ts HOST PORT NODES
// Forwards the connections of each node to PostgreSQL, and stops them at named points of a commit.

const [host = '', port = '', count = ''] = process.argv.slice(2)
const appendMark = 'INSERT INTO "codecell".log'
const renewMark = 'INSERT INTO "codecell".nodes'

function say(message: FromProxy): void {
  process.send?.(message)
}

/** One node: its connections stop together. */
class NodeGate {
  readonly #node: number
  #armed: { readonly point: CommitPoint; readonly holdMs: number } | null = null
  #isFrozen = false
  /** The data that waits, in the order in which it arrived. */
  #held: (() => void)[] = []

  constructor(node: number) {
    this.#node = node
  }

  arm(point: CommitPoint, holdMs: number): void {
    this.#armed = { point, holdMs }
  }

  disarm(): void {
    this.#armed = null
  }

  release(): void {
    this.#isFrozen = false
    for (const forward of this.#held.splice(0)) forward()
  }

  #reach(point: CommitPoint): void {
    this.#armed = null
    say({ type: 'reached', node: this.#node, point })
  }

  #freeze(point: CommitPoint): void {
    this.#isFrozen = true
    this.#reach(point)
  }

  #pass(forward: () => void): void {
    if (this.#isFrozen) this.#held.push(forward)
    else forward()
  }

  join(client: Socket): void {
    const server = connect({ host, port: Number(port) })
    /** The point that the next reply on this connection reaches. */
    let awaited: CommitPoint | null = null
    for (const socket of [client, server]) {
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#pass(() => [client, server].map((each) => each.destroy())))
    }
    client.on('data', (chunk) => {
      const point = this.#armed?.point ?? null
      const isAppend = point !== null && chunk.includes(appendMark)
      if (isAppend && point === 'before-commit') this.#freeze(point)
      else if (isAppend && point !== 'late-renewal' && !this.#isFrozen) awaited = point
      else if (point === 'late-renewal' && chunk.includes(renewMark)) awaited = point
      this.#pass(() => server.write(chunk))
    })
    server.on('data', (chunk) => {
      const point = awaited
      awaited = null
      const forward = (): void => void client.write(chunk)
      if (point === null || this.#armed?.point !== point) return this.#pass(forward)
      if (point === 'lost-reply') {
        this.#reach(point)
        return void client.destroy()
      }
      if (point === 'after-commit') {
        this.#freeze(point)
        return void this.#held.push(forward)
      }
      const { holdMs } = this.#armed
      this.#armed = null
      setTimeout(() => {
        this.#armed = { point: 'after-commit', holdMs: 0 }
        this.#pass(forward)
      }, holdMs)
    })
  }
}

const gates = Array.from({ length: Number(count) }, (_, node) => new NodeGate(node))
const servers = gates.map((gate) => createServer((client) => gate.join(client)).listen(0, '0.0.0.0'))
await Promise.all(servers.map((server) => once(server, 'listening')))
process.on('message', (value) => {
  const message = parseToProxy(value)
  const gate = gates[message.node]
  if (message.type === 'arm') gate?.arm(message.point, message.holdMs)
  else if (message.type === 'disarm') gate?.disarm()
  else gate?.release()
})
process.on('disconnect', () => process.exit(0))
say({ type: 'listening', ports: servers.map(portOf) })
