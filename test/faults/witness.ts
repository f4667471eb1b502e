import { isDeepStrictEqual } from 'node:util'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import type { FromAgent, LedgerLine } from './messages.ts'
import type { Run } from './run.ts'
import { ToolRecord, type ToolRequest } from './tool-record.ts'

/** The sender of a message. */
type Speaker = Pick<Run, 'number' | 'standing' | 'knew'>

type Answer = Extract<FromAgent, { readonly type: 'answer' }>
type Notified = Pick<Extract<FromAgent, { readonly type: 'notify' }>, 'cellId' | 'text'>

/**
 * The record of the actions of all processes in a scenario, kept by a process that outlives them. From a process that has lost its
 * session only earlier messages count: a call that the next process found recorded as started, and a response or a notification that
 * the next process recorded or repeated. Actions between the check of the ownership and the effect cannot be prevented.
 */
export class Witness {
  readonly tools: ToolRecord = new ToolRecord()
  readonly received: Map<string, CellOutcome> = new Map()
  readonly troubles: string[] = []
  readonly #notified: (Notified & { readonly by: number })[] = []
  readonly #late: { readonly by: number; readonly what: Answer | Notified }[] = []
  #begun: ReadonlySet<string> = new Set()
  #lastOpened = 0

  /** Output by cell, in order of arrival. */
  get notified(): ReadonlyMap<string, readonly string[]> {
    const texts = new Map<string, string[]>()
    for (const { cellId, text } of this.#notified) texts.set(cellId, [...(texts.get(cellId) ?? []), text])
    return texts
  }

  /** A call that a tool received is on the ledger of the next process. */
  opened({ number }: Speaker, ledger: readonly LedgerLine[]): void {
    this.#lastOpened = number
    this.#begun = new Set(ledger.flatMap(({ key, state }) => (state === 'not_started' ? [] : [key])))
    for (const { key } of this.tools.requests) this.#checkBegun(key)
  }

  #checkBegun(key: string): void {
    if (!this.#begun.has(key)) this.troubles.push(`${key} is on no ledger when the next process opens it`)
  }

  /** Returns the result of the tool; null: the call is refused. */
  called(by: Speaker, request: ToolRequest): ReturnType<ToolRecord['take']> | null {
    if (by.standing === 'lost') {
      this.troubles.push(`${request.key} was called by a process that had lost the session`)
      return null
    }
    if (by.standing === 'losing' && this.#lastOpened > by.number) this.#checkBegun(request.key)
    return this.tools.take(request)
  }

  answered(by: Speaker, answer: Answer): void {
    const { requestId, outcome } = answer
    if (by.standing === 'lost') this.troubles.push(`${requestId} was answered by a process that had lost the session`)
    if (by.standing !== 'owner') return void this.#late.push({ by: by.number, what: answer })
    const before = this.received.get(requestId)
    if (before === undefined) return void this.received.set(requestId, outcome)
    if (by.knew.has(requestId)) this.troubles.push(`${requestId} was asked again`)
    this.#compare(requestId, before, outcome)
  }

  /** Two processes may deliver one response, when it was recorded before the second one took over. */
  #compare(requestId: string, before: CellOutcome | undefined, outcome: CellOutcome): void {
    if (isDeepStrictEqual({ ...before, isReplay: true }, { ...outcome, isReplay: true })) return
    const [one, other] = [before, outcome].map((given) => JSON.stringify(given))
    this.troubles.push(`two processes have answered ${requestId}, with ${other} and ${one}`)
  }

  told(by: Speaker, { cellId, text }: Notified): void {
    if (by.standing === 'owner') return void this.#notified.push({ cellId, text, by: by.number })
    if (by.standing === 'lost') this.troubles.push(`"${text}" was notified by a process that had lost the session`)
    this.#late.push({ by: by.number, what: { cellId, text } })
  }

  /** At the end: compares late messages with what the later processes did. */
  close(): void {
    for (const { by, what } of this.#late) {
      if ('requestId' in what) this.#compare(what.requestId, this.received.get(what.requestId), what.outcome)
      else if (this.#nextOf(by, what.cellId) !== what.text)
        this.troubles.push(`"${what.text}" was notified by a process that had lost the session`)
    }
  }

  /** Returns the first notification of a later process: the latest that was not recorded as delivered. */
  #nextOf(number: number, cellId: string): string | undefined {
    return this.#notified.find(({ by, cellId: cell }) => by > number && cell === cellId)?.text
  }
}
