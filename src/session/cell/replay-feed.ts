import { replayCommands, type Journal } from '../../storage/journal.ts'
import type { Command } from '../../protocol/command.ts'

/** Maximum size of the commands in flight, in characters. */
const maxCharsInFlight = 4 * 2 ** 20

/**
 * A feed of journaled commands to a host. It sends the journal in parts, so that a long journal is never in memory as a whole. Commands
 * that are appended during the replay follow in order.
 */
export class ReplayFeed {
  readonly #journal: Journal
  readonly #send: (command: Command) => void
  #commands: Iterator<Command>
  /** The number of commands that were sent, including the start. */
  #sent: number

  /** `sent` is the number of commands that the host has received already, including the start. */
  constructor(journal: Journal, send: (command: Command) => void, sent = 0) {
    this.#journal = journal
    this.#send = send
    this.#sent = sent
    this.#commands = sent === 0 ? replayCommands(journal) : laterThan(journal, sent)
  }

  /** Returns whether the program has handled all sent commands. */
  isHandled(count: number): boolean {
    return count >= this.#sent
  }

  /** Sends the next part after `handled` commands. Returns true at the end of the journal. Throws when the journal cannot be read. */
  continue(handled: number): boolean {
    if (handled < this.#sent) return false
    // The first part includes at least the start, because the cell handles nothing before it.
    for (let length = 0; length < maxCharsInFlight || this.#sent === 0;) {
      const { value: command, done } = this.#commands.next()
      if (done === true) {
        if (this.#sent > this.#journal.count) return true
        this.#commands = laterThan(this.#journal, this.#sent)
        continue
      }
      this.#send(command)
      if (command.type !== 'preload') this.#sent++
      length += 'body' in command ? command.body.length : 0
    }
    return false
  }
}

/** Yields the commands of a journal after the first `count`, including the start. */
function* laterThan(journal: Journal, count: number): Generator<Command> {
  // A long journal takes time to read.
  if (count > journal.count) return
  let number = 1
  for (const command of journal.commands()) if (++number > count) yield command
}
