/** What the process ends with; `docs/cli.md` lists them. */
export const exitCodes: Readonly<Record<ExitReason, number>> = {
  completed: 0,
  scriptFailed: 1,
  usage: 2,
  limit: 3,
  cannotStart: 4,
  /** Ended by Ctrl-C or a request to terminate. */
  interrupted: 130,
}

type ExitReason = 'completed' | 'scriptFailed' | 'usage' | 'limit' | 'cannotStart' | 'interrupted'

/** Ends a command early, with a message for people. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
