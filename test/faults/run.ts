import type { AgentProcess } from './agent-process.ts'
import type { Fault, Moment } from './fault-plan.ts'
import type { FromAgent } from './messages.ts'

/**
 * The relation of a process to its session. `losing`: another process has the session, and earlier messages may still
 * arrive; `lost`: nothing may arrive.
 */
type Standing = 'owner' | 'losing' | 'lost'

export type OverMessage = Extract<FromAgent, { readonly type: 'over' }>

/** A process of the agent in a scenario, and its fault. */
export class Run {
  readonly agent: AgentProcess
  readonly number: number
  /** The requests whose responses it was started with. */
  readonly knew: ReadonlySet<string>
  standing: Standing = 'owner'
  /** It was killed, or asked to end. */
  hasStruck = false
  /** Its last messages, while the owner of the session was unknown. */
  over: OverMessage | null = null
  /** Receives the process that has the session once that is known; null: none has. */
  takeover: Promise<Run | null> | null = null
  /** Resolves when `takeover` is set. */
  contested: PromiseWithResolvers<void> = Promise.withResolvers<void>()
  #fault: Fault | null
  readonly #counts = new Map<Moment, number>()
  readonly #firsts = new Map<FromAgent['type'], PromiseWithResolvers<void>>()

  constructor(agent: AgentProcess, { number, knew, fault }: Pick<Run, 'number' | 'knew' | 'fault'>) {
    this.agent = agent
    this.number = number
    this.knew = knew
    this.#fault = fault
  }

  get fault(): Fault | null {
    return this.#fault
  }

  /** The process keeps its session, and meets another fault. */
  goOn(fault: Fault | null): void {
    this.takeover = null
    this.contested = Promise.withResolvers()
    this.#fault = fault
    this.#counts.clear()
  }

  /** Counts an event. Returns the fault that strikes at it. */
  at(moment: Moment): Fault | null {
    const number = (this.#counts.get(moment) ?? 0) + 1
    this.#counts.set(moment, number)
    const fault = this.#fault
    return fault?.moment === moment && fault.number === number ? fault : null
  }

  heard(type: FromAgent['type']): void {
    this.#firstOf(type).resolve()
  }

  /** Resolves when the process has sent a message of this type. */
  async first(type: FromAgent['type']): Promise<void> {
    await this.#firstOf(type).promise
  }

  #firstOf(type: FromAgent['type']): PromiseWithResolvers<void> {
    const known = this.#firsts.get(type) ?? Promise.withResolvers<void>()
    this.#firsts.set(type, known)
    return known
  }
}
