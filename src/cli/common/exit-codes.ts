/** The exit codes of the process; `docs/cli.md` lists them. */
export const exitCodes: Readonly<Record<ExitReason, number>> = {
  completed: 0,
  scriptFailed: 1,
  usage: 2,
  limit: 3,
  cannotStart: 4,
  /** The cell waits for results that are provided later. */
  waiting: 5,
  /** Interrupted by Ctrl-C or a signal. */
  interrupted: 130,
}

type ExitReason = 'completed' | 'scriptFailed' | 'usage' | 'limit' | 'cannotStart' | 'waiting' | 'interrupted'

/** An error with an exit code. Its message is for users. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
