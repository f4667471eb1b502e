import type { ApprovalDecision, CatalogueEntry, SessionOptions } from '../../index.ts'
import { ApprovalPrompt } from '../terminal/approval-prompt.ts'
import type { ExecReporter } from './reporter.ts'
import type { CommandLine } from '../common/command-line.ts'
import type { Io } from '../common/io.ts'
import { userTerminal } from '../terminal/user-terminal.ts'

type AskedHints = 'destructive' | 'writes' | 'none'

const nobody: ApprovalDecision = {
  type: 'deny',
  reason: 'no terminal for a prompt; codecell exec --yes approves such calls',
}

export type ExecApprovals = {
  /** Whether the program was read from standard input, which then takes no replies. */
  readonly isInputUsed: boolean
  readonly entries: readonly CatalogueEntry[]
  readonly reporter: ExecReporter
  readonly io: Io
}

/** Returns the approvals of a run: by flags, or by prompts on the terminal. */
export function execApprovals(
  line: CommandLine,
  { isInputUsed, entries, reporter, io }: ExecApprovals,
): Pick<SessionOptions, 'approvals'> {
  const isYes = line.has('yes')
  const terminal = isYes ? null : userTerminal(io, { isInputUsed })
  const ask = askFlag(line) ?? (isYes || terminal !== null ? 'destructive' : 'none')
  const approvals = { hints: ask, rules: line.has('read-only') ? readOnlyRules(entries) : [] }
  if (isYes) return { approvals: { ...approvals, onBatch: () => ({ type: 'allow' }) } }
  if (terminal === null) return { approvals: { ...approvals, onBatch: () => nobody } }
  const person = new ApprovalPrompt(terminal, () => reporter.prompting())
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
    .map(({ identifier }) => ({
      tools: identifier,
      policy: 'deny',
      reason: 'the tool can write, and this run is read-only',
    }))
}
