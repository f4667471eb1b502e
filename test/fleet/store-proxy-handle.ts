import { builtProgram } from '../support/built-program.ts'
import type { Machine } from './network.ts'
import { MachineProcess } from './processes.ts'
import { parseFromProxy, type CommitPoint, type ToProxy } from './store-proxy-messages.ts'

/** How long a node may make no commit, in milliseconds. */
const armedMs = 3000

/** The proxy between the nodes and PostgreSQL, from outside. */
export class StoreProxy {
  readonly ports: readonly number[]
  readonly #process: MachineProcess
  readonly #reached = new Map<number, (point: CommitPoint) => void>()

  private constructor(process: MachineProcess, ports: readonly number[]) {
    this.#process = process
    this.ports = ports
    process.child.on('message', (value) => {
      const message = parseFromProxy(value)
      if (message.type === 'reached') this.#reached.get(message.node)?.(message.point)
    })
  }

  static async start(machine: Machine, { port, nodes }: { port: number; nodes: number }): Promise<StoreProxy> {
    const program = await builtProgram(new URL('store-proxy.ts', import.meta.url))
    const process = new MachineProcess(machine, [program, machine.address, String(port), String(nodes)])
    const ports = await new Promise<readonly number[]>((resolve, reject) => {
      process.child.once('message', (value) => {
        const message = parseFromProxy(value)
        if (message.type === 'listening') resolve(message.ports)
      })
      void process.ended.then(() => reject(new Error(`the proxy ended: ${process.said}`)))
    })
    return new StoreProxy(process, ports)
  }

  #send(message: ToProxy): void {
    this.#process.send(message)
  }

  /** Stops a node at a point of a commit. Returns false when no commit came there in time. */
  async stop(node: number, point: CommitPoint, holdMs: number): Promise<boolean> {
    const reached = new Promise<true>((resolve) => this.#reached.set(node, () => resolve(true)))
    this.#send({ type: 'arm', node, point, holdMs })
    // waits because a node may make no commit
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), armedMs + holdMs))
    const isReached = await Promise.race([reached, late])
    this.#reached.delete(node)
    if (!isReached) this.#send({ type: 'disarm', node })
    return isReached
  }

  /** Forwards everything that waits. */
  release(node: number): void {
    this.#send({ type: 'disarm', node })
    this.#send({ type: 'release', node })
  }

  async end(): Promise<void> {
    await this.#process.end()
  }
}
