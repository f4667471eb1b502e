import { join } from 'node:path'
import { AgentProcess } from './agent-process.ts'
import { damageFolder } from './damage.ts'
import { cutOf, isLoss, type Fault, type LossFault, type Moment } from './fault-plan.ts'
import type { Loser } from './loser.ts'
import type { FromAgent } from './messages.ts'
import { leaseMs, type ScenarioStore } from './shared-store.ts'
import { SeededRandom } from './random.ts'
import { Run, type OverMessage } from './run.ts'
import type { ScenarioEnd, ScenarioOptions, Struck } from './scenario-end.ts'
import { takeOver } from './takeover.ts'
import { delayOf } from './tool-record.ts'
import { Witness } from './witness.ts'

/** Maximum time for a process that has the session to do its work, in milliseconds. */
const silenceMs = 40_000

/** Starts the processes of a scenario in sequence, receives their messages, and triggers the faults. */
export class Stage {
  readonly #options: ScenarioOptions
  readonly #random: SeededRandom
  readonly #witness = new Witness()
  readonly #faults: Fault[]
  readonly #struck: Struck[] = []
  readonly #runs: Run[] = []
  readonly #losers: Loser[] = []
  #over: OverMessage | null = null

  constructor(options: ScenarioOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#faults = [...options.plan.faults]
  }

  async play(): Promise<ScenarioEnd> {
    const most = 2 * this.#faults.length + 3
    let run: Run | null = null
    while (this.#isGoingOn && this.#runs.length < most) run = await this.#next(run ?? (await this.#start()))
    await Promise.all(this.#losers.map((loser) => loser.leave()))
    for (const { agent } of this.#runs) agent.kill()
    await Promise.all(this.#runs.map(({ agent }) => agent.ended))
    if (this.#isGoingOn) this.#trouble('the programs did not come to their end')
    const problem = await this.#store?.problem()
    if (typeof problem === 'string') this.#trouble(problem)
    this.#witness.close()
    const { tools, received, notified, troubles } = this.#witness
    const { ledger = [], cells: openCells = [] } = this.#over ?? {}
    const isShared = this.#store !== null
    return { isShared, tools, received, notified, ledger, openCells, struck: this.#struck, troubles }
  }

  get #isGoingOn(): boolean {
    return this.#over === null && this.#witness.troubles.length === 0
  }

  get #store(): ScenarioStore | null {
    return this.#options.store ?? null
  }

  get #folder(): string {
    return join(this.#options.folder, 'sessions', 'scenario')
  }

  #trouble(text: string): void {
    this.#witness.troubles.push(text)
  }

  async #start(): Promise<Run> {
    const { folder, programs, plan, engine, sabotage = null } = this.#options
    const store = this.#store === null ? null : { url: this.#store.url, tenant: this.#store.tenant, leaseMs }
    const { sync, isNarrow, isLinked } = plan
    const received = Object.fromEntries(this.#witness.received)
    const order = {
      folder: join(folder, 'sessions'),
      store,
      sync,
      engine,
      isNarrow,
      isLinked,
      sabotage,
      ...programs,
      received,
    }
    const number = this.#runs.length + 1
    const agent = await AgentProcess.start({ folder, number, order })
    const run = new Run(agent, { number, knew: new Set(Object.keys(received)), fault: this.#faults.shift() ?? null })
    this.#runs.push(run)
    agent.listen((message) => this.#heard(run, message))
    const silence = setTimeout(() => {
      if (run.standing === 'owner') this.#giveUp(run, 'an agent did not come to its end in time')
    }, silenceMs)
    void agent.ended.then(() => clearTimeout(silence))
    this.#at(run, 'start')
    return run
  }

  /** Waits until the process has ended, or the owner of its session is known. Returns the process that has it then. */
  async #next(run: Run): Promise<Run | null> {
    await Promise.race([run.agent.ended, run.contested.promise])
    if (run.takeover !== null) return await run.takeover
    if (!this.#isGoingOn) return null
    if (!run.hasStruck) this.#trouble(`an agent ended by itself: ${run.agent.said}`)
    await this.#store?.endLease()
    if (run.fault !== null && this.#store === null) damageFolder(this.#folder, run.fault.damage, this.#random)
    return null
  }

  #heard(run: Run, message: FromAgent): void {
    run.heard(message.type)
    switch (message.type) {
      case 'opened':
        this.#witness.opened(run, message.ledger)
        return this.#at(run, 'opened')
      case 'call':
        return this.#called(run, message)
      case 'answer':
        this.#witness.answered(run, message)
        return this.#at(run, 'received')
      case 'notify':
        this.#witness.told(run, message)
        this.#at(run, 'notified')
        return run.agent.say({ type: 'answered', number: message.number, value: null, error: null })
      case 'over':
        return this.#ends(run, message)
      case 'lost':
        if (run.takeover === null) this.#giveUp(run, 'a process has lost a session that nobody took')
        return
      case 'trouble':
        return this.#giveUp(run, message.text)
      case 'refused':
        if (!this.#runs.some(({ takeover }) => takeover !== null)) this.#giveUp(run, 'a session was refused')
        return
      case 'closed':
      case 'pong':
      case 'lease-opened':
        return
      default:
        return message satisfies never
    }
  }

  #giveUp(run: Run, trouble: string): void {
    this.#trouble(trouble)
    run.agent.kill()
  }

  #called(run: Run, { key, tool, input, number }: Extract<FromAgent, { readonly type: 'call' }>): void {
    const answer = this.#witness.called(run, { key, tool, input })
    this.#at(run, 'request')
    if (run.standing === 'owner') for (const loser of this.#losers) loser.heirCalled()
    if (answer === null) return
    setTimeout(() => {
      this.#at(run, 'before-reply')
      run.agent.say({ type: 'answered', number, ...answer })
      this.#at(run, 'replied')
    }, delayOf({ key, tool, input }))
  }

  #ends(run: Run, message: OverMessage): void {
    if (run.standing !== 'owner') return
    if (run.takeover !== null) {
      run.over = message
      return
    }
    this.#over = message
    run.agent.say({ type: 'close' })
  }

  /** Handles an event, which may trigger the fault. */
  #at(run: Run, moment: Moment): void {
    const fault = run.at(moment)
    if (fault === null) return
    if (fault.afterMs === 0) this.#strike(run, fault)
    else setTimeout(() => this.#strike(run, fault), fault.afterMs)
  }

  #strike(run: Run, fault: Fault): void {
    const { agent } = run
    if (!this.#isGoingOn || fault !== run.fault || run.takeover !== null || run.hasStruck || agent.hasEnded) return
    if (run.standing !== 'owner') return
    const struck: Struck = { fault, came: null }
    this.#struck.push(struck)
    if (isLoss(fault)) {
      run.takeover = this.#takeOver(run, fault, struck)
      run.contested.resolve()
      return
    }
    if (fault.target === 'close') {
      run.hasStruck = true
      if (!agent.sayNow({ type: 'close' })) agent.kill()
      return
    }
    if (fault.target === 'server') return void this.#store?.crash()
    const cut = cutOf(fault)
    if (cut !== null) return void agent.sayNow({ type: 'cut', cut })
    if (fault.target !== 'agent') agent.killHosts()
    if (fault.target === 'host') return
    run.hasStruck = true
    agent.kill()
  }

  async #takeOver(run: Run, fault: LossFault, struck: Struck): Promise<Run | null> {
    const { owner, loser } = await takeOver(run, fault, {
      folder: this.#folder,
      store: this.#store,
      random: this.#random,
      startHeir: () => this.#start(),
      trouble: (text) => this.#trouble(text),
    })
    struck.came = loser === null ? 'refused' : 'taken over'
    if (loser !== null) this.#losers.push(loser)
    else if (run.over !== null) this.#ends(run, run.over)
    return owner
  }
}
