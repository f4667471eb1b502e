import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

/** A machine: a network namespace, with an address in each of its networks. */
type Machine = { readonly namespace: string; readonly addresses: Map<string, string> }

/**
 * The networks of a Compose file on one kernel: a bridge for each, in a namespace of its own, so that nothing is forwarded between them
 * or to the outside. This process is a machine too.
 */
export class Networks implements Disposable {
  readonly #prefix = `cct${process.pid}`
  /** Several runs at a time have different addresses. */
  readonly #subnet = `10.${200 + (process.pid % 50)}`
  readonly #networks: readonly string[]
  readonly #machines = new Map<string, Machine>()
  /** Names of services of this process, with the network in which others reach them. */
  readonly #own = new Map<string, string>()
  #ports = 0

  constructor(networks: readonly string[]) {
    this.#networks = networks
    ip('netns', 'add', this.#hub)
    for (const [index] of networks.entries()) {
      ip('-n', this.#hub, 'link', 'add', `br${index}`, 'type', 'bridge')
      ip('-n', this.#hub, 'link', 'set', `br${index}`, 'up')
    }
  }

  get #hub(): string {
    return `${this.#prefix}-hub`
  }

  /** Connects this process to a network, as the service `name`. Returns its address. */
  join(name: string, network: string): string {
    this.#own.set(name, network)
    return this.#attach(null, network)
  }

  add(name: string, networks: readonly string[]): void {
    const namespace = `${this.#prefix}-${name}`
    ip('netns', 'add', namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    const addresses = new Map(networks.map((network) => [network, this.#attach(namespace, network)]))
    this.#machines.set(name, { namespace, addresses })
  }

  /** Returns an address of a service: the one in `network`, or the first. */
  addressOf(name: string, network?: string): string {
    const own = this.#own.get(name)
    if (own !== undefined) return `${this.#subnet}.${this.#networks.indexOf(own)}.1`
    const addresses = this.#machines.get(name)?.addresses ?? new Map<string, string>()
    return addresses.get(network ?? '') ?? [...addresses.values()][0] ?? ''
  }

  /** Returns the command that runs another one on a machine. It has the process id of that one. */
  on(name: string, command: readonly string[]): readonly string[] {
    const { namespace = '' } = this.#machines.get(name) ?? {}
    this.#writeHosts(name)
    return ['ip', 'netns', 'exec', namespace, ...command]
  }

  /** Names the services that share a network with a machine, as the resolver of Compose does. */
  #writeHosts(name: string): void {
    const machine = this.#machines.get(name)
    if (machine === undefined) return
    const lines = ['127.0.0.1 localhost']
    for (const [other, network] of this.#own)
      if (machine.addresses.has(network)) lines.push(`${this.addressOf(other)} ${other}`)
    for (const [other, { addresses }] of this.#machines) {
      const shared = [...addresses.keys()].find((network) => machine.addresses.has(network))
      if (shared !== undefined) lines.push(`${addresses.get(shared)} ${other}`)
    }
    mkdirSync(`/etc/netns/${machine.namespace}`, { recursive: true })
    writeFileSync(`/etc/netns/${machine.namespace}/hosts`, `${lines.join('\n')}\n`)
  }

  /** Connects a namespace, or this process, to a network. Returns its address there. */
  #attach(namespace: string | null, network: string): string {
    const index = this.#networks.indexOf(network)
    const number = ++this.#ports
    const [near, far] = [`${this.#prefix}n${number}`, `p${number}`]
    const address = `${this.#subnet}.${index}.${namespace === null ? 1 : number + 1}`
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', this.#hub)
    ip('-n', this.#hub, 'link', 'set', far, 'master', `br${index}`, 'up')
    if (namespace !== null) ip('link', 'set', near, 'netns', namespace)
    const at = namespace === null ? [] : ['-n', namespace]
    ip(...at, 'address', 'add', `${address}/24`, 'dev', near)
    ip(...at, 'link', 'set', near, 'up')
    return address
  }

  [Symbol.dispose](): void {
    for (const { namespace } of this.#machines.values()) {
      ip('netns', 'delete', namespace)
      rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true })
    }
    ip('netns', 'delete', this.#hub)
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
}
