import { SeededRandom } from '../faults/random.ts'
import { delayOf, ToolRecord } from '../faults/tool-record.ts'
import { FleetFaults } from './fleet-faults.ts'
import type { FleetNode } from './fleet-node.ts'
import { serveTokens, type Fleet } from './fleet.ts'
import type { RoundResult } from './fleet-round.ts'
import { pause } from './fleet-session.ts'
import { ServeClient, type ProgramEnd } from './serve-client.ts'

const programsPerClient = 3
const stepsPerProgram = 8
const roundMs = 120_000
/** Maximum time until a program that began has ended, when everything works again, in milliseconds. */
const settleMs = 60_000

type Ended = { readonly label: string; readonly end: ProgramEnd }

/** Runs programs of MCP clients on servers of a fleet that fail. */
export class ServeRound {
  readonly #fleet: Fleet
  readonly #seed: number
  readonly #random: SeededRandom
  readonly #tools = new ToolRecord()
  readonly #violations: string[] = []
  readonly #faults: FleetFaults
  #isOver = false

  constructor(fleet: Fleet, seed: number) {
    this.#fleet = fleet
    this.#seed = seed
    this.#random = new SeededRandom(seed)
    const trouble = (text: string): void => void this.#violations.push(text)
    this.#faults = new FleetFaults(fleet, { random: this.#random, sessions: () => [], trouble })
  }

  async play(): Promise<RoundResult> {
    this.#fleet.onMessage = (node, message) => {
      if (message.type === 'call') this.#called(node, message)
      else if ('text' in message) this.#violations.push(`${node.name}: ${message.text}`)
    }
    const urls = (): readonly string[] => this.#fleet.nodes.map(({ machine }) => `http://${machine.address}:8080/mcp`)
    const trouble = (text: string): void => void this.#violations.push(text)
    const clients = serveTokens.map((token, at) => {
      return new ServeClient({ token, urls, random: new SeededRandom(this.#seed * 10 + at), trouble })
    })
    const late = setTimeout(() => clients.forEach((client) => (client.isOver = true)), roundMs)
    const faults = this.#fail()
    const ended = await Promise.all(clients.map(async (client, at) => await this.#runAll(client, at)))
    clearTimeout(late)
    this.#isOver = true
    await faults
    await Promise.all(clients.map((client) => client.close()))
    const all = ended.flat()
    await this.#settle()
    for (const each of all) this.#check(each)
    const { requests, repeats } = this.#tools
    const lost = all.filter(({ end }) => end.state === 'unknown').length
    const violations = [...this.#violations, ...this.#tools.violations]
    const struck = [...this.#faults.struck, ...Array.from({ length: lost }, () => 'response lost')]
    return { seed: this.#seed, faults: struck, calls: requests.length, repeats, openings: 0, violations }
  }

  async #runAll(client: ServeClient, at: number): Promise<readonly Ended[]> {
    const ended: Ended[] = []
    for (let number = 0; number < programsPerClient && !client.isOver; number++) {
      const label = `R${this.#seed}C${at}P${number}`
      ended.push({ label, end: await client.run(programOf(label)) })
    }
    return ended
  }

  #called(
    node: FleetNode,
    { key, tool, input, number }: { key: string; tool: string; input: string; number: number },
  ): void {
    const answer = this.#tools.take({ key, tool, input })
    setTimeout(() => node.answer(number, answer), delayOf({ key, tool, input }))
  }

  async #fail(): Promise<void> {
    const servers = async (): Promise<void> => {
      while (!this.#isOver) {
        await pause(300 + this.#random.below(4000))
        if (!this.#isOver) await this.#faults.hitServer()
      }
    }
    const others = async (): Promise<void> => {
      while (!this.#isOver) {
        await pause(300 + this.#random.below(3000))
        if (!this.#isOver) await this.#faults.strikeOther()
      }
    }
    await Promise.all([servers(), others()])
    this.#faults.heal()
  }

  /** Programs that began run to their end, also when no client waits for them. */
  async #settle(): Promise<void> {
    const until = performance.now() + settleMs
    while (this.#unfinished().length > 0 && performance.now() < until) await pause(200)
    for (const label of this.#unfinished()) this.#violations.push(`${label} began, and did not come to its end`)
  }

  #unfinished(): readonly string[] {
    const labels = [...this.#tools.effects().keys()].flatMap((name) => /"label":"(R\d+C\d+P\d+)/.exec(name)?.[1] ?? [])
    const ended = this.#tools.effects()
    return [...new Set(labels)].filter((label) => !ended.has(`put {"label":"${label} end"}`))
  }

  #check({ label, end }: Ended): void {
    const effects = this.#tools.effects()
    for (let step = 0; step < stepsPerProgram; step++) {
      const name = `append {"label":"${label}S${step}"}`
      const count = effects.get(name) ?? 0
      if (count > 1) this.#violations.push(`${name} happened ${count} times`)
      if (end.state !== 'completed') continue
      const [, state] = new RegExp(`${label}S${step}: (applied|unknown)`).exec(end.text) ?? []
      if (state === undefined) this.#violations.push(`${label} printed no line of step ${step}: ${end.text}`)
      if (state === 'applied' && count !== 1)
        this.#violations.push(`${label}S${step} is applied, and happened ${count} times`)
    }
    if (end.state === 'failed') this.#violations.push(`${label} failed: ${end.text}`)
  }
}

/** Returns a program with calls that must not happen twice, timers, and one call at its end. */
function programOf(label: string): string {
  return `
for (let step = 0; step < ${stepsPerProgram}; step++) {
  const name = '${label}S' + step
  try {
    await tools.append({ label: name })
    text(name + ': applied')
  } catch (error) {
    text(name + ': ' + (String(error).includes('outcome of this call is unknown') ? 'unknown' : String(error)))
  }
  await new Promise((resolve) => setTimeout(resolve, step === 4 ? 2500 : 50))
}
await tools.put({ label: '${label} end' })`
}
