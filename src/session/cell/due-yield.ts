/** Time for a program to handle its commands before a due yield is answered, in milliseconds. A busy machine needs it. */
const maxDelayMs = 250

type Wait = { readonly commands: number; readonly callback: () => void; readonly timer: NodeJS.Timeout }

/**
 * A yield that is due while the program handles commands. Its response waits for their events, because an empty response costs a
 * turn of the model. A program that computes for longer than 250 ms yields on time.
 */
export class DueYield {
  #wait: Wait | null = null

  /** Calls back when `commands` commands are handled, or 250 ms after `since`, in the time of `performance.now()`. */
  whenHandled(commands: number, since: number, callback: () => void): void {
    this.cancel()
    const left = since + maxDelayMs - performance.now()
    if (left <= 0) return callback()
    this.#wait = { commands, callback, timer: setTimeout(() => this.#end(), left) }
  }

  /** Handles the progress of the program: it has handled `count` commands, with their events. */
  onHandled(count: number): void {
    if (this.#wait !== null && count >= this.#wait.commands) this.#end()
  }

  #end(): void {
    const wait = this.#wait
    this.cancel()
    wait?.callback()
  }

  cancel(): void {
    clearTimeout(this.#wait?.timer)
    this.#wait = null
  }
}
