import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Session } from '../../session/api/session-options.ts'
import { internalsOf } from '../../session/session-internals.ts'
import { explainFailure } from './failure-hints.ts'
import { preflight } from './preflight.ts'

/** The checks that `exec` makes of a program, for callers that run programs with `session.execute`. */
export type ProgramChecks = {
  /** Returns why a program is certain to fail, with its line; null for a program that can run. Nothing runs. */
  readonly problemOf: (source: string) => Promise<string | null>
  /** Returns the outcome of a program with the line of a syntax error, and hints, in its error text. */
  readonly explain: (outcome: CellOutcome, source: string) => CellOutcome
}

/** Returns the checks for programs of a session. */
export function createProgramChecks(session: Session): ProgramChecks {
  return {
    async problemOf(source) {
      const parts = internalsOf(session)
      return parts === null ? null : await preflight(source, { ...parts, catalogue: session.catalogue })
    },
    explain: (outcome, source) => explainFailure(outcome, source, session.catalogue),
  }
}
