import type { ApprovalDecision, CatalogueEntry, SessionOptions } from '../../index.ts'
import { PersonAsked } from '../terminal/ask-person.ts'
import type { ExecReporter } from './reporter.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { textFlag, type Given } from '../flags.ts'
import type { Io } from '../io.ts'
import { personsTerminal } from '../terminal/tty.ts'

type AskedHints = 'destructive' | 'writes' | 'none'

/** The flags that say which calls a person is asked about. */
export const approvalFlags = {
  yes: { type: 'boolean', short: 'y' },
  'read-only': { type: 'boolean' },
  ask: { type: 'string' },
} as const

const nobody: ApprovalDecision = {
  type: 'deny',
  reason: 'nobody can be asked without a terminal; codecell exec --yes allows such calls',
}

export type ExecApprovals = {
  /** Standard input was read to its end: it held the program. */
  readonly isInputTaken: boolean
  readonly entries: readonly CatalogueEntry[]
  readonly reporter: ExecReporter
  readonly io: Io
}

/** Who decides about calls of a run: the flags, or the person at the terminal. */
export function execApprovals(
  given: Given,
  { isInputTaken, entries, reporter, io }: ExecApprovals,
): Pick<SessionOptions, 'approvals'> {
  const isYes = given.flags['yes'] === true
  const terminal = isYes ? null : personsTerminal(io, { isInputTaken })
  const ask = askFlag(given) ?? (isYes || terminal !== null ? 'destructive' : 'none')
  const approvals = { hints: ask, rules: given.flags['read-only'] === true ? readOnlyRules(entries) : [] }
  if (isYes) return { approvals: { ...approvals, onBatch: () => ({ type: 'allow' }) } }
  if (terminal === null) return { approvals: { ...approvals, onBatch: () => nobody } }
  const person = new PersonAsked(terminal, () => reporter.asking())
  return { approvals: { ...approvals, onBatch: (batch, { signal }) => person.decide(batch, signal) } }
}

/** What `--ask` says, undefined when it was not given. Throws for what it cannot say. */
export function askFlag(given: Given): AskedHints | undefined {
  const ask = textFlag(given, 'ask')
  if (ask === undefined || ask === 'destructive' || ask === 'writes' || ask === 'none') return ask
  throw new CommandError(exitCodes.usage, `Cannot use --ask ${ask}: "destructive", "writes" and "none" are known`)
}

function readOnlyRules(
  entries: readonly CatalogueEntry[],
): NonNullable<NonNullable<SessionOptions['approvals']>['rules']> {
  return entries
    .filter(({ tool }) => tool.annotations?.readOnlyHint !== true)
    .map(({ identifier }) => ({ tools: identifier, policy: 'deny', reason: 'it may write, and this run only reads' }))
}
