import { replayCommands, type Journal } from '../../storage/journal.ts'
import type { Command } from '../../protocol/command.ts'

/** How much is sent to the host at a time, in characters. */
const maxCharsInFlight = 4 * 2 ** 20

/**
 * Sends a journal to a host part by part, so that a long one is never in memory as a whole. Commands that are appended during the
 * replay follow in their turn.
 */
export class ReplayFeed {
  readonly #journal: Journal
  readonly #send: (command: Command) => void
  #commands: Iterator<Command>
  /** The start, and the commands after it. */
  #sent: number

  /** `sent`: how much of the journal the host has been handed before, its start counted. */
  constructor(journal: Journal, send: (command: Command) => void, sent = 0) {
    this.#journal = journal
    this.#send = send
    this.#sent = sent
    this.#commands = sent === 0 ? replayCommands(journal) : laterThan(journal, sent)
  }

  /** Whether the program has handled all commands that were sent. */
  isHandled(count: number): boolean {
    return count >= this.#sent
  }

  /** Sends the next part after `handled` commands. Returns true when all is sent. Throws when the journal cannot be read. */
  continue(handled: number): boolean {
    if (handled < this.#sent) return false
    // Before its start the cell handles nothing.
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

/** The commands of a journal after so many, its start counted. */
function* laterThan(journal: Journal, count: number): Generator<Command> {
  let at = 1
  for (const command of journal.commands()) if (++at > count) yield command
}
