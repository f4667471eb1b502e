import type { SeededRandom } from '../faults/random.ts'
import { leaseMs, type Fleet } from './fleet.ts'
import type { FleetNode } from './fleet-node.ts'
import { moments, pause, type FleetSession, type Moment } from './fleet-session.ts'
import type { Cut } from './network.ts'
import { commitPoints, type CommitPoint } from './store-proxy-messages.ts'

/** Maximum time until other nodes have the sessions of one that is away, in milliseconds. */
const takeoverMs = 20_000

/** Faults of one node, which may cost it its sessions. */
const nodeFaults = [
  'node killed',
  'node stopped until taken over',
  'node stopped for a moment',
  'node closed',
  'node cut off until taken over',
  'sessions released',
] as const

type NodeFault = (typeof nodeFaults)[number]

/** Faults of everything else. */
const otherFaults = [
  'supervisor killed',
  'supervisor drained',
  'supervisor stopped',
  'host killed',
  'store crashed',
  'store connections ended',
  'store stopped',
  'link cut',
  'link cut',
  'link cut',
  'clock',
  'clock',
  'scratch removed',
  'two nodes open',
] as const

type OtherFault = (typeof otherFaults)[number]

type Sought = { readonly moment: Moment; readonly strike: (node: FleetNode) => void }

/** Makes things fail, at random times and at named points. */
export class FleetFaults {
  readonly struck: string[] = []
  readonly #fleet: Fleet
  readonly #random: SeededRandom
  readonly #sessions: () => readonly FleetSession[]
  readonly #trouble: (text: string) => void
  #sought: Sought | null = null
  #isOver = false
  #cuts = new Set<Cut>()

  constructor(
    fleet: Fleet,
    parts: {
      readonly random: SeededRandom
      readonly sessions: () => readonly FleetSession[]
      readonly trouble: (text: string) => void
    },
  ) {
    this.#fleet = fleet
    this.#random = parts.random
    this.#sessions = parts.sessions
    this.#trouble = parts.trouble
  }

  /** Faults strike until `stop`; then everything works again. */
  async run(): Promise<void> {
    const lane = async (strike: () => Promise<void>, restMs: number): Promise<void> => {
      while (!this.#isOver) {
        await pause(100 + this.#random.below(restMs))
        if (!this.#isOver) await strike()
      }
    }
    await Promise.all([lane(() => this.#strikeNode(), 1500), lane(() => this.strikeOther(), 1200)])
    this.heal()
  }

  /** Makes everything work again. */
  heal(): void {
    for (const cut of this.#cuts) this.#fleet.network.heal(cut)
    for (const node of this.#fleet.nodes) {
      this.#fleet.proxy.release(node.number)
      node.setClock('+0s')
    }
  }

  stop(): void {
    this.#isOver = true
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Handles an event, at which a fault may strike. */
  at(moment: Moment, node: FleetNode): void {
    const sought = this.#sought
    if (sought?.moment !== moment || node.process.hasEnded) return
    this.#sought = null
    sought.strike(node)
  }

  #note(text: string): void {
    this.struck.push(text)
    for (const session of this.#sessions()) session.note(`FAULT ${text}`)
  }

  /** Returns a node at a named point: an event of a client or a tool, a point of a commit, or any time. */
  async #nodeAtPoint(): Promise<{ readonly node: FleetNode; readonly point: string } | null> {
    const kind = this.#random.below(3)
    if (kind === 0) return { node: this.#random.pick(this.#fleet.nodes), point: 'any time' }
    if (kind === 1) return await this.#nodeAtMoment(this.#random.pick(moments))
    const node = this.#busyNode()
    const point = this.#random.pick(commitPoints)
    const isReached = await this.#fleet.proxy.stop(node.number, point, leaseMs - 600)
    if (!isReached) this.#fleet.proxy.release(node.number)
    return isReached ? { node, point } : null
  }

  #nodeAtMoment(moment: Moment): Promise<{ readonly node: FleetNode; readonly point: string } | null> {
    // waits because the event may not come
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#sought = null
        resolve(null)
      }, 2000)
      const strike = (node: FleetNode): void => {
        clearTimeout(late)
        // The fault strikes in this turn, before the node can do more.
        node.process.pause()
        resolve({ node, point: moment })
      }
      this.#sought = { moment, strike }
    })
  }

  #busyNode(): FleetNode {
    const owners = this.#sessions().flatMap(({ owner }) => (owner === null || owner.process.hasEnded ? [] : [owner]))
    return this.#random.pick(owners.length === 0 ? this.#fleet.nodes : owners)
  }

  async #strikeNode(): Promise<void> {
    const found = await this.#nodeAtPoint()
    if (found === null) return
    const { node, point } = found
    const isCommit = commitPoints.some((each) => each === point)
    const fault = this.#random.pick<NodeFault | 'node frozen'>(
      isCommit ? ['node frozen', 'node killed', 'node stopped until taken over'] : nodeFaults,
    )
    this.#note(`${fault} at ${point}`)
    await this.#hitNode(node, fault)
    this.#fleet.proxy.release(node.number)
    if (node.process.isPaused) node.process.resume()
    if (node.process.hasEnded) {
      await pause(this.#random.below(1500))
      await this.#fleet.restartNode(node.number)
    }
  }

  async #hitNode(node: FleetNode, fault: NodeFault | 'node frozen'): Promise<void> {
    switch (fault) {
      case 'node killed':
        node.process.kill()
        return await node.process.ended
      case 'node stopped until taken over':
        node.process.pause()
        return await this.takeOver(node)
      case 'node stopped for a moment':
        node.process.pause()
        return await pause(this.#random.below(3500))
      case 'node closed':
        node.process.resume()
        node.close()
        await Promise.race([node.process.ended, pause(15_000)])
        if (!node.process.hasEnded) this.#trouble(`${node.name} did not close in 15 s: ${node.process.said}`)
        return node.process.kill()
      case 'node cut off until taken over': {
        node.process.resume()
        const cut = this.#cutOf(node)
        this.#fleet.network.cut(cut)
        await this.takeOver(node)
        return this.#fleet.network.heal(cut)
      }
      case 'sessions released':
        node.process.resume()
        for (const { name, owner } of this.#sessions()) {
          if (owner === node) await Promise.race([node.ask({ type: 'release', session: name }), pause(12_000)])
        }
        return
      case 'node frozen':
        return await this.takeOver(node)
      default:
        return fault satisfies never
    }
  }

  #cutOf(node: FleetNode): Cut {
    const kind = this.#random.pick(['drop', 'drop', 'reset', 'unplugged'] as const)
    return { machine: node.machine, other: null, way: this.#random.pick(['from', 'to', 'both']), kind }
  }

  /** Lets other nodes open the sessions of one that is away. */
  async takeOver(node: FleetNode): Promise<void> {
    const until = performance.now() + takeoverMs
    const owned = this.#sessions().filter(({ owner }) => owner === node)
    await Promise.all(
      owned.map(async (session) => {
        while (session.owner === node && performance.now() < until && !this.#isOver) {
          const others = this.#fleet.nodes.filter((other) => other !== node && !other.process.hasEnded)
          if (others.length > 0) void this.#random.pick(others).ask({ type: 'open', session: session.name })
          await pause(100)
        }
      }),
    )
  }

  async strikeOther(): Promise<void> {
    const fault = this.#random.pick(otherFaults)
    const name = await this.#hitOther(fault)
    if (name !== null) this.#note(name)
  }

  /** Returns the name of the fault; null: it did not strike. */
  async #hitOther(fault: OtherFault): Promise<string | null> {
    const { server } = this.#fleet
    switch (fault) {
      case 'supervisor killed':
      case 'supervisor drained':
      case 'supervisor stopped':
      case 'host killed':
        return await this.#hitSupervisor(fault)
      case 'store crashed':
        await server.crash()
        return fault
      case 'store stopped':
        server.pause()
        await pause(200 + this.#random.below(4000))
        server.resume()
        return fault
      case 'store connections ended': {
        const some = this.#random.pick(['true', 'random() < 0.3'])
        const others = `pid <> pg_backend_pid() AND application_name = 'codecell' AND ${some}`
        await this.#fleet.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`)
        return fault
      }
      case 'link cut':
        return await this.#cutLink()
      case 'clock': {
        const shift = this.#random.pick(['+3600s', '-3600s', '+0s'])
        this.#random.pick(this.#fleet.nodes).setClock(shift)
        return `clock ${shift}`
      }
      case 'scratch removed':
        this.#random.pick(this.#fleet.nodes).removeScratch()
        return fault
      case 'two nodes open':
        for (const { name } of this.#sessions()) {
          for (const node of this.#fleet.nodes) void node.ask({ type: 'open', session: name })
        }
        return fault
      default:
        return fault satisfies never
    }
  }

  async #hitSupervisor(
    fault: 'supervisor killed' | 'supervisor drained' | 'supervisor stopped' | 'host killed',
  ): Promise<string | null> {
    const index = this.#random.below(this.#fleet.supervisors.length)
    const supervisor = this.#fleet.supervisors[index]
    if (supervisor === undefined) return null
    if (fault === 'host killed') return supervisor.killChild((pids) => this.#random.pick(pids)) ? fault : null
    if (fault === 'supervisor stopped') {
      supervisor.pause()
      await pause(500 + this.#random.below(6000))
      supervisor.resume()
      return fault
    }
    if (fault === 'supervisor killed') supervisor.kill()
    else supervisor.kill('SIGTERM')
    await Promise.race([supervisor.ended, pause(2000)])
    await pause(this.#random.below(1000))
    await this.#fleet.restartSupervisor(index)
    return fault
  }

  async #cutLink(): Promise<string> {
    const { network, nodes, serverMachine, supervisorMachines } = this.#fleet
    const machine = this.#random.pick(nodes).machine
    const isStore = this.#random.below(2) === 0
    const other = isStore ? serverMachine : this.#random.pick(supervisorMachines)
    const way = this.#random.pick(['from', 'to', 'both'] as const)
    const kind = this.#random.pick(['drop', 'drop', 'reset'] as const)
    const cut: Cut = { machine, other, way, kind }
    this.#cuts.add(cut)
    network.cut(cut)
    await pause(this.#random.pick([300, 2000, 5000]))
    network.heal(cut)
    this.#cuts.delete(cut)
    return `link to ${isStore ? 'store' : 'hosts'} cut, ${kind} ${way}`
  }

  /** Kills, closes, stops or cuts off a server, and starts it again. */
  async hitServer(): Promise<void> {
    const node = this.#random.pick(this.#fleet.nodes)
    const fault = this.#random.pick(['node killed', 'node killed', 'node closed', 'node stopped for a moment'] as const)
    this.#note(`server: ${fault}`)
    await this.#hitNode(node, fault)
    if (node.process.isPaused) node.process.resume()
    if (node.process.hasEnded) await this.#fleet.restartNode(node.number)
  }

  /** Freezes a node at a point of a commit until others have its sessions. Returns whether it came there. */
  async freeze(point: CommitPoint): Promise<boolean> {
    const node = this.#busyNode()
    const isReached = await this.#fleet.proxy.stop(node.number, point, leaseMs - 600)
    if (isReached) await this.takeOver(node)
    this.#fleet.proxy.release(node.number)
    return isReached
  }

  /** Kills a node whose commit has not reached the server. */
  async killAtCommit(): Promise<void> {
    const node = this.#busyNode()
    if (await this.#fleet.proxy.stop(node.number, 'before-commit', 0)) {
      await pause(200)
      node.process.kill()
      await node.process.ended
    }
    this.#fleet.proxy.release(node.number)
    if (node.process.hasEnded) await this.#fleet.restartNode(node.number)
  }
}
