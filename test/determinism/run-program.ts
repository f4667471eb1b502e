import { limitRanges } from '../../src/session/common/limits.ts'
import type { Command, JournaledCommand } from '../../src/protocol/command.ts'
import type { CellEvent } from '../../src/protocol/event.ts'
import type { FromHost } from '../../src/protocol/message.ts'
import type { Transport } from '../../src/protocol/transport.ts'

type Start = Extract<Command, { readonly type: 'start' }>

/** A finished run: the commands that it received and the events that it emitted. */
export type Run = { readonly commands: readonly JournaledCommand[]; readonly events: readonly CellEvent[] }

/** A message of a host about a program that is not evicted, other than a request for a retained output. */
type CellMessage = Exclude<FromHost, { readonly type: 'output_wanted' | 'snapshot' | 'not_restored' }>

/** Chooses what happens next: returns an integer from 0 to `below - 1`. */
export type Choose = (below: number) => number

const tools = JSON.stringify([{ name: 'ask', description: '' }])

/** A host under test, which runs many cells in order on one transport. */
export class ProgramRunner {
  readonly #transport: Transport
  #cell = 0
  #onMessage: (message: CellMessage) => void = () => undefined

  constructor(transport: Transport) {
    this.#transport = transport
    transport.listen((messages) => {
      for (const message of messages) {
        if (message.type === 'output_wanted') {
          const { cell, output } = message
          transport.send({ type: 'kept_output', cell, output, found: output < 3, body: `kept of ${output}` })
        } else if (message.type !== 'snapshot' && message.type !== 'not_restored') this.#onMessage(message)
      }
    })
    transport.send({ type: 'hello', version: 1, spares: 2, memoryMb: limitRanges.maxMemoryMbPerCell.default })
    transport.send({ type: 'catalogue', catalogue: 1, body: tools })
  }

  /** Runs a program with one command at a time, in an order that `choose` determines. */
  async record(start: Start, choose: Choose): Promise<Run> {
    const pending: JournaledCommand[] = []
    const commands: JournaledCommand[] = []
    let time = start.time
    const run = this.#begin(start, (event) => {
      if (event.type === 'tool_call') pending.push(responseTo(event, choose))
      if (event.type === 'timer_set') pending.push({ type: 'timeout_fired', time: 0, id: event.id })
    })
    while (!(await run.handled(commands.length + 1)) && pending.length > 0) {
      time += choose(50)
      const [next] = pending.splice(choose(pending.length), 1)
      if (next === undefined) break
      const command = { ...next, time }
      commands.push(command)
      this.#transport.send({ ...command, cell: this.#cell })
    }
    this.#transport.send({ type: 'terminate', cell: this.#cell })
    await run.stopped
    return { commands, events: run.events }
  }

  /** Sends a program all its commands at once. */
  async replay(start: Start, commands: readonly JournaledCommand[]): Promise<Run> {
    const run = this.#begin(start, () => undefined)
    for (const command of commands) this.#transport.send({ ...command, cell: this.#cell })
    await run.handled(commands.length + 1)
    this.#transport.send({ type: 'terminate', cell: this.#cell })
    await run.stopped
    return { commands, events: run.events }
  }

  #begin(start: Start, onEvent: (event: CellEvent) => void): RunInProgress {
    const cell = ++this.#cell
    const run = new RunInProgress(onEvent)
    this.#onMessage = (message) => {
      if ('cell' in message && message.cell === cell) run.onMessage(message)
    }
    this.#transport.send({ ...start, cell })
    return run
  }
}

class RunInProgress {
  readonly events: CellEvent[] = []
  readonly stopped: Promise<void>
  readonly #stop: () => void
  readonly #onEvent: (event: CellEvent) => void
  #count = 0
  #isOver = false
  #wake: () => void = () => undefined

  constructor(onEvent: (event: CellEvent) => void) {
    this.#onEvent = onEvent
    const { promise, resolve } = Promise.withResolvers<void>()
    this.stopped = promise
    this.#stop = resolve
  }

  onMessage(message: Extract<CellMessage, { readonly cell: number }>): void {
    if (message.type === 'handled') this.#count = message.count
    else if (message.type === 'remarks') return
    else if (message.type === 'stopped' || message.type === 'stuck' || message.type === 'displaced') {
      this.#isOver = true
      this.#stop()
    } else {
      const { cell: _cell, ...event } = message
      this.events.push(event)
      this.#isOver ||= event.type === 'completed' || event.type === 'failed' || event.type === 'rejected'
      this.#onEvent(event)
    }
    this.#wake()
  }

  /** Waits until the host has handled `count` commands. Returns whether the program has ended. */
  async handled(count: number): Promise<boolean> {
    while (this.#count < count && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#isOver
  }
}

function responseTo(call: Extract<CellEvent, { readonly type: 'tool_call' }>, choose: Choose): JournaledCommand {
  const body = JSON.stringify({ asked: call.body, got: choose(1000) })
  return choose(4) === 0
    ? { type: 'tool_error', time: 0, id: call.id, body: `refused ${call.body}` }
    : { type: 'tool_response', time: 0, id: call.id, body }
}

/** Returns a start command as a session sends it. */
export function startOf(source: string, seed: number): Start {
  const { default: memoryMb } = limitRanges.maxMemoryMbPerCell
  return {
    type: 'start',
    time: 1_700_000_000_000,
    seed,
    catalogue: 1,
    places: seed % 2 === 1 ? 'all' : 'none',
    limits: {
      memoryMb,
      cpuMs: 30_000,
      stallMs: 30_000,
      outputBytes: 1_000_000,
      pendingArgumentBytes: 1_000_000,
      events: 1_000_000,
      errorBytes: 65_536,
      toolCalls: 1000,
      pendingToolCalls: 1000,
      argumentBytes: 1_000_000,
      jsonDepth: 127,
      notifications: 1000,
      notificationBytes: 10_000,
      storedValueBytes: 1_000_000,
      storedBytes: 1_000_000,
      storedKeys: 1000,
      timers: 1000,
    },
    body: source,
  }
}
