import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './network.ts'
import { parseFromNode, type FromNode, type NodeOrder, type Question, type Reply } from './node-messages.ts'
import { MachineProcess } from './processes.ts'

export type FleetNodeStart = {
  readonly machine: Machine
  readonly number: number
  /** The bundled program. */
  readonly program: string
  readonly folder: string
  readonly order: NodeOrder
  /** The library that shifts the clock; null: the clock does not jump. */
  readonly clockLibrary: string | null
  readonly onMessage: (node: FleetNode, message: FromNode) => void
}

/** A process of a node, from outside. */
export class FleetNode {
  readonly process: MachineProcess
  readonly machine: Machine
  readonly number: number
  /** Distinguishes it from the other processes of this node. */
  readonly incarnation: number
  readonly #start: FleetNodeStart
  readonly #replies = new Map<number, (reply: Reply | null) => void>()
  #questions = 0
  static #incarnations = 0

  constructor(start: FleetNodeStart) {
    const { machine, number, program, folder, order, clockLibrary } = start
    this.#start = start
    this.machine = machine
    this.number = number
    this.incarnation = ++FleetNode.#incarnations
    const orderFile = join(folder, `node-${this.incarnation}.json`)
    writeFileSync(orderFile, JSON.stringify(order))
    this.setClock('+0s')
    const clock = { FAKETIME_TIMESTAMP_FILE: this.#clockFile, FAKETIME_CACHE_DURATION: '1', DONT_FAKE_MONOTONIC: '1' }
    this.process = new MachineProcess(machine, [program, orderFile], {
      TMPDIR: join(folder, 'scratch'),
      ...(clockLibrary === null ? {} : { LD_PRELOAD: clockLibrary, FAKETIME_DONT_FAKE_MONOTONIC: '1', ...clock }),
    })
    this.process.child.on('message', (value) => this.#receive(parseFromNode(value)))
    void this.process.ended.then(() => this.#end())
  }

  get #clockFile(): string {
    return join(this.#start.folder, `clock-${this.number}`)
  }

  get name(): string {
    return this.#start.order.name
  }

  /** Sets its clock, to `+3600s` for example. The process sees it within a second. */
  setClock(shift: string): void {
    writeFileSync(this.#clockFile, `${shift}\n`)
  }

  removeScratch(): void {
    rmSync(join(this.#start.folder, 'scratch'), { recursive: true, force: true })
  }

  #receive(message: FromNode): void {
    if (message.type !== 'reply') return this.#start.onMessage(this, message)
    this.#replies.get(message.number)?.(message.reply)
    this.#replies.delete(message.number)
  }

  #end(): void {
    for (const reply of this.#replies.values()) reply(null)
    this.#replies.clear()
  }

  /** Returns the reply; null: the process ended before it. */
  ask(question: Question): Promise<Reply | null> {
    if (this.process.hasEnded) return Promise.resolve(null)
    const number = ++this.#questions
    return new Promise((resolve) => {
      this.#replies.set(number, resolve)
      this.process.send({ type: 'question', number, question })
    })
  }

  answer(number: number, answer: { readonly value: unknown; readonly error: string | null }): void {
    this.process.send({ type: 'answered', number, ...answer })
  }

  close(): void {
    this.process.send({ type: 'close' })
  }
}
