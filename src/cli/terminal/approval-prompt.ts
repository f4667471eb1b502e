import { approvalGroups, groupCard, partToAsk, programCard, spreadDecision, type ApprovalGroup } from '../../agent.ts'
import type { ApprovalBatch, ApprovalDecision } from '../../index.ts'
import { parseReply } from './approval-reply.ts'
import { LineReader, type UserTerminal } from './line-reader.ts'

type Decisions = ReadonlyMap<string, ApprovalDecision>

type Prompt = {
  readonly reader: LineReader
  readonly batch: ApprovalBatch
  readonly decisions: Map<string, ApprovalDecision>
  readonly signal: AbortSignal
}

const choices = `  y  approve these calls               n  deny them
  3  approve three calls in this run   s  approve all calls of the tool
  v  show the complete program and arguments
`

/** Bounds of the width of a card, in columns. */
const maxWidth = 100
const minWidth = 60

/** Prompts the user for approvals, one batch at a time. */
export class ApprovalPrompt {
  readonly #terminal: UserTerminal
  readonly #clear: () => Disposable
  #turn: Promise<unknown> = Promise.resolve()

  /** `clear` keeps other output off the terminal until the returned object is disposed. */
  constructor(terminal: UserTerminal, clear: () => Disposable) {
    this.#terminal = terminal
    this.#clear = clear
  }

  /** Returns a decision about each call; the end of the input denies the remaining calls. Throws when `signal` aborts. */
  decide(batch: ApprovalBatch, signal: AbortSignal): Promise<Decisions> {
    const turn = this.#turn.then(() => this.#decide(batch, signal))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #decide(batch: ApprovalBatch, signal: AbortSignal): Promise<Decisions> {
    signal.throwIfAborted()
    using cleared = this.#clear()
    void cleared
    using reader = await LineReader.open(this.#terminal, signal)
    const decisions = new Map<string, ApprovalDecision>()
    this.#show(programCard(batch, this.#room))
    try {
      for (const group of approvalGroups(batch.requests))
        await this.#decideGroup(group, { reader, batch, decisions, signal })
      return decisions
    } catch (error) {
      this.#terminal.output.write('\n')
      throw error
    }
  }

  /** Prompts until each call of the group has a decision: a reply can cover some of them, or other calls too. */
  async #decideGroup(group: ApprovalGroup, prompt: Prompt): Promise<void> {
    const { batch, decisions } = prompt
    for (;;) {
      const open = batch.requests.filter(({ key }) => !decisions.has(key))
      const waiting = group.requests.filter((request) => open.includes(request))
      // A reply covers the calls that are shown; the next prompt shows the others.
      const { asked } = partToAsk(waiting)
      // A terminal shows an input of any length: one that is too long for a form has its own prompt.
      const [shown] = approvalGroups(asked.length > 0 ? asked : waiting.slice(0, 1))
      if (shown === undefined) return
      const decision = await this.#ask(shown, waiting.length - shown.requests.length, prompt)
      for (const [key, each] of spreadDecision(decision, shown.requests, open)) decisions.set(key, each)
    }
  }

  /** Prompts until the reply is a decision. `later`: the number of calls of the same line that the next prompt shows. */
  async #ask(group: ApprovalGroup, later: number, { reader, batch, signal }: Prompt): Promise<ApprovalDecision> {
    this.#show(groupCard(group, batch.source, this.#room))
    if (later > 0) this.#terminal.output.write(`  … ${later} more in the next prompt\n`)
    for (;;) {
      const line = await reader.ask(`\nApprove ${group.title}? [y, n, a number, s, v, ?] `, signal)
      if (line === null) return { type: 'deny', reason: 'the input ended without a reply' }
      const reply = parseReply(line)
      if (reply.type === 'decided') return reply.decision
      if (reply.type === 'denied') return denial(await reader.ask('Reason for the program (Enter: none): ', signal))
      if (reply.type === 'unclear') this.#terminal.output.write(choices)
      else this.#showWhole(batch, group)
    }
  }

  #showWhole(batch: ApprovalBatch, group: ApprovalGroup): void {
    const room = { ...this.#room, isWhole: true }
    this.#show(programCard(batch, room))
    this.#show(groupCard(group, batch.source, room))
  }

  #show(text: string): void {
    this.#terminal.output.write(`\n${text}\n`)
  }

  get #room(): { readonly width: number } {
    const { columns = 0 } = this.#terminal.output
    // Some terminals report a width of 0.
    return { width: Math.max(minWidth, Math.min((columns === 0 ? 80 : columns) - 1, maxWidth)) }
  }
}

function denial(reason: string | null): ApprovalDecision {
  const text = reason?.trim() ?? ''
  return text === '' ? { type: 'deny' } : { type: 'deny', reason: text }
}
