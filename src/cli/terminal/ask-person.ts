import {
  approvalGroups,
  groupCard,
  partToAsk,
  programCard,
  spreadAnswer,
  type ApprovalBatch,
  type ApprovalDecision,
  type ApprovalGroup,
} from '../../index.ts'
import { parseReply } from './approval-reply.ts'
import { LineReader, type PersonsTerminal } from './line-reader.ts'

type Decisions = ReadonlyMap<string, ApprovalDecision>

type Asking = {
  readonly reader: LineReader
  readonly batch: ApprovalBatch
  readonly decisions: Map<string, ApprovalDecision>
  readonly signal: AbortSignal
}

const choices = `  y  allow these calls               n  deny them
  3  allow three calls in this run   s  allow every call of the tool
  v  show the program and the arguments whole
`

/** Widest and narrowest card, in columns; between them the terminal decides. */
const widest = 100
const narrowest = 60

/** Shows calls that wait and takes the person's answers, one batch after the other. */
export class PersonAsked {
  readonly #terminal: PersonsTerminal
  readonly #asking: () => Disposable
  #turn: Promise<unknown> = Promise.resolve()

  /** `asking` makes room on the terminal for as long as what it gives is held. */
  constructor(terminal: PersonsTerminal, asking: () => Disposable) {
    this.#terminal = terminal
    this.#asking = asking
  }

  /** A decision about each call. Throws when `signal` aborts; the end of the input denies what is left. */
  decide(batch: ApprovalBatch, signal: AbortSignal): Promise<Decisions> {
    const turn = this.#turn.then(() => this.#decide(batch, signal))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #decide(batch: ApprovalBatch, signal: AbortSignal): Promise<Decisions> {
    signal.throwIfAborted()
    using room = this.#asking()
    void room
    using reader = await LineReader.open(this.#terminal, signal)
    const decisions = new Map<string, ApprovalDecision>()
    this.#show(programCard(batch, this.#room))
    try {
      for (const group of approvalGroups(batch.requests))
        await this.#askAbout(group, { reader, batch, decisions, signal })
      return decisions
    } catch (error) {
      this.#terminal.output.write('\n')
      throw error
    }
  }

  /** Asks until each call of the group is decided about: an answer may cover some of them, or others too. */
  async #askAbout(group: ApprovalGroup, asking: Asking): Promise<void> {
    const { batch, decisions } = asking
    for (;;) {
      const open = batch.requests.filter(({ key }) => !decisions.has(key))
      const waiting = group.requests.filter((request) => open.includes(request))
      // A yes is for the calls that are shown; the rest is asked about next.
      const { asked } = partToAsk(waiting)
      // A terminal has room for any input: one that is too long for a form is asked about alone.
      const [shown] = approvalGroups(asked.length > 0 ? asked : waiting.slice(0, 1))
      if (shown === undefined) return
      const decision = await this.#ask(shown, waiting.length - shown.requests.length, asking)
      for (const [key, each] of spreadAnswer(decision, shown.requests, open)) decisions.set(key, each)
    }
  }

  /** Asks until there is an answer. `later`: calls of the same line that are asked about next. */
  async #ask(group: ApprovalGroup, later: number, { reader, batch, signal }: Asking): Promise<ApprovalDecision> {
    this.#show(groupCard(group, batch.source, this.#room))
    if (later > 0) this.#terminal.output.write(`  … ${later} more, asked about next\n`)
    for (;;) {
      const line = await reader.ask(`\nAllow ${group.title}? [y, n, a number, s, v, ?] `, signal)
      if (line === null) return { type: 'deny', reason: 'nobody answered' }
      const reply = parseReply(line)
      if (reply.type === 'decided') return reply.decision
      if (reply.type === 'denied')
        return denial(await reader.ask('Why not? (the program is told; Enter: no reason) ', signal))
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
    // Some terminals do not know their width and say 0.
    return { width: Math.max(narrowest, Math.min((columns === 0 ? 80 : columns) - 1, widest)) }
  }
}

function denial(reason: string | null): ApprovalDecision {
  const text = reason?.trim() ?? ''
  return text === '' ? { type: 'deny' } : { type: 'deny', reason: text }
}
