import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/** The programs that a network of namespaces and a clock that jumps need, and the packages of Debian that have them. */
const programs: Readonly<Record<string, string>> = { ip: 'iproute2', nft: 'nftables', setpriv: 'util-linux' }

/**
 * How packets are lost. `drop`: silently. `reset`: the sender of each packet gets the end of the connection. `unplugged`: the
 * cable of the first machine is out, so it reaches no machine.
 */
type CutKind = 'drop' | 'reset' | 'unplugged'

/** A cut of the packets from a machine, to a machine, or both. */
export type Cut = {
  readonly machine: Machine
  /** The other machine; null: all machines. */
  readonly other: Machine | null
  readonly way: 'from' | 'to' | 'both'
  readonly kind: CutKind
}

/** A network namespace with an address of its own. */
export type Machine = {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly port: string
}

/** A command with its arguments, as `spawn` takes them. */
export type Command = readonly [program: string, args: readonly string[]]

/** Machines on one kernel: a network namespace for each of them, and a router that loses packets between them. */
export class Network implements Disposable {
  readonly #prefix: string
  readonly #subnet: number
  readonly #machines: Machine[] = []
  #cuts: readonly Cut[] = []

  constructor() {
    removeStale()
    this.#prefix = `${namePrefix}${process.pid}`
    this.#subnet = freeSubnet()
    ip('netns', 'add', this.#router)
    ip('-n', this.#router, 'link', 'set', 'lo', 'up')
    this.#inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    this.#connect()
    this.#writeRules()
  }

  /** Returns the reason why this process cannot have namespaces; null: it can. */
  static unavailable(): string | null {
    if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
    if (process.getuid?.() !== 0) return 'network namespaces need root'
    for (const [program, name] of Object.entries(programs)) {
      if (spawnSync(program, ['-V']).error !== undefined) return `"${program}" is missing; run apt-get install ${name}`
    }
    const namespace = `${namePrefix}${process.pid}-probe`
    const { status, stderr } = spawnSync('ip', ['netns', 'add', namespace], { encoding: 'utf8' })
    if (status !== 0) return `the kernel gives no network namespaces: ${stderr.trim()}`
    ip('netns', 'delete', namespace)
    return null
  }

  get #router(): string {
    return `${this.#prefix}-router`
  }

  /** Connects the namespace of this process, so that it reaches all machines whatever is cut between them. */
  #connect(): void {
    const port = `${this.#prefix}-0`
    ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'port0', 'netns', this.#router)
    ip('-n', this.#router, 'address', 'add', `10.${this.#subnet}.0.1/24`, 'dev', 'port0')
    ip('-n', this.#router, 'link', 'set', 'port0', 'up')
    ip('address', 'add', `10.${this.#subnet}.0.2/24`, 'dev', port)
    ip('link', 'set', port, 'up')
    ip('route', 'add', `10.${this.#subnet}.0.0/16`, 'via', `10.${this.#subnet}.0.1`)
  }

  add(name: string): Machine {
    const number = this.#machines.length + 1
    const namespace = `${this.#prefix}-${name}`
    const port = `port${number}`
    const subnet = `10.${this.#subnet}.${number}`
    ip('netns', 'add', namespace)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', port, 'netns', this.#router)
    ip('-n', this.#router, 'address', 'add', `${subnet}.1/24`, 'dev', port)
    ip('-n', this.#router, 'link', 'set', port, 'up')
    ip('-n', namespace, 'address', 'add', `${subnet}.2/24`, 'dev', 'eth0')
    ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    ip('-n', namespace, 'route', 'add', 'default', 'via', `${subnet}.1`)
    const machine = { name, namespace, port, address: `${subnet}.2` }
    this.#machines.push(machine)
    return machine
  }

  cut(cut: Cut): void {
    if (this.#cuts.includes(cut)) return
    this.#cuts = [...this.#cuts, cut]
    this.#apply(cut)
  }

  heal(cut: Cut): void {
    if (!this.#cuts.includes(cut)) return
    this.#cuts = this.#cuts.filter((other) => other !== cut)
    this.#apply(cut)
  }

  #apply({ kind, machine }: Cut): void {
    if (kind !== 'unplugged') return this.#writeRules()
    const isOut = this.#cuts.some((cut) => cut.kind === 'unplugged' && cut.machine === machine)
    ip('-n', this.#router, 'link', 'set', machine.port, isOut ? 'down' : 'up')
  }

  /** All rules at once, so that no packet meets half of them. */
  #writeRules(): void {
    const rules = this.#cuts.flatMap(rulesOf).map((rule) => `add rule ip faults forward ${rule}`)
    const chain = 'chain ip faults forward { type filter hook forward priority 0; policy accept; }'
    const input = ['add table ip faults', `add ${chain}`, 'flush chain ip faults forward', ...rules].join('\n')
    execFileSync('ip', ['netns', 'exec', this.#router, 'nft', '-f', '-'], { input, stdio: ['pipe', 'ignore', 'pipe'] })
  }

  #inRouter(...args: readonly string[]): void {
    ip('netns', 'exec', this.#router, ...args)
  }

  [Symbol.dispose](): void {
    removeNamespaces(this.#prefix)
  }
}

/** Returns a command that runs another one on a machine. The process has the id of the command. */
export function onMachine({ namespace }: Machine, [program, args]: Command): Command {
  return ['ip', ['netns', 'exec', namespace, program, ...args]]
}

function rulesOf({ machine, other, way, kind }: Cut): readonly string[] {
  if (kind === 'unplugged') return []
  const verdict = kind === 'drop' ? 'drop' : 'ip protocol tcp reject with tcp reset'
  const [from, to] = other === null ? ['', ''] : [`ip daddr ${other.address}`, `ip saddr ${other.address}`]
  return [
    ...(way === 'to' ? [] : [`ip saddr ${machine.address} ${from} ${verdict}`]),
    ...(way === 'from' ? [] : [`ip daddr ${machine.address} ${to} ${verdict}`]),
  ]
}

/** Interfaces have at most 15 characters. */
const namePrefix = 'cc'

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function freeSubnet(): number {
  const routes = execFileSync('ip', ['route'], { encoding: 'utf8' })
  for (let subnet = 64 + (process.pid % 64); subnet < 250; subnet++) {
    if (!routes.includes(`10.${subnet}.`)) return subnet
  }
  throw new Error('Cannot create a network: all subnets are in use')
}

function namespaces(): readonly string[] {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(namePrefix))
  } catch {
    return []
  }
}

/** Removes what a process left that was killed. */
function removeStale(): void {
  const pids = new Set(namespaces().map((name) => /^cc(\d+)-/.exec(name)?.[1] ?? ''))
  for (const pid of pids) if (pid !== '' && !isRunning(Number(pid))) removeNamespaces(`${namePrefix}${pid}`)
}

function removeNamespaces(prefix: string): void {
  for (const name of namespaces().filter((each) => each.startsWith(`${prefix}-`))) {
    // A campaign that was killed leaves its processes.
    const pids = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean)
    spawnSync('kill', ['-KILL', ...pids])
    spawnSync('ip', ['netns', 'delete', name])
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
