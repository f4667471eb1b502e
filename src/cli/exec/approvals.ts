import type { ApprovalDecision, CatalogueEntry, SessionOptions } from '../../index.ts'
import { PersonAsked } from '../terminal/ask-person.ts'
import type { ExecReporter } from './reporter.ts'
import type { CommandLine } from '../command-line.ts'
import type { Io } from '../io.ts'
import { personsTerminal } from '../terminal/tty.ts'

type AskedHints = 'destructive' | 'writes' | 'none'

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
  line: CommandLine,
  { isInputTaken, entries, reporter, io }: ExecApprovals,
): Pick<SessionOptions, 'approvals'> {
  const isYes = line.has('yes')
  const terminal = isYes ? null : personsTerminal(io, { isInputTaken })
  const ask = askFlag(line) ?? (isYes || terminal !== null ? 'destructive' : 'none')
  const approvals = { hints: ask, rules: line.has('read-only') ? readOnlyRules(entries) : [] }
  if (isYes) return { approvals: { ...approvals, onBatch: () => ({ type: 'allow' }) } }
  if (terminal === null) return { approvals: { ...approvals, onBatch: () => nobody } }
  const person = new PersonAsked(terminal, () => reporter.asking())
  return { approvals: { ...approvals, onBatch: (batch, { signal }) => person.decide(batch, signal) } }
}

/** Returns the value of `--ask`, undefined without the flag. */
export function askFlag(line: CommandLine): AskedHints | undefined {
  const ask = line.text('ask')
  return ask === 'destructive' || ask === 'writes' || ask === 'none' ? ask : undefined
}

function readOnlyRules(
  entries: readonly CatalogueEntry[],
): NonNullable<NonNullable<SessionOptions['approvals']>['rules']> {
  return entries
    .filter(({ tool }) => tool.annotations?.readOnlyHint !== true)
    .map(({ identifier }) => ({ tools: identifier, policy: 'deny', reason: 'it may write, and this run only reads' }))
}
