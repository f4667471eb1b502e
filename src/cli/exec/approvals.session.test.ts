import { expect, test } from 'vitest'
import { sharedHosts } from '../../../test/support/hosts.ts'
import { Written } from '../../../test/support/in-process-cli.ts'
import { textsOf } from '../../../test/support/texts.ts'
import { createCatalogue } from '../../agent.ts'
import { createSession, type Tool } from '../../index.ts'
import { parseCommandLine } from '../common/command-line.ts'
import { execSpec } from '../specs/run-commands.ts'
import { execApprovals } from './approvals.ts'
import { processIo } from '../common/io.ts'
import { textReporter } from './text-reporter.ts'

const drop: Tool = { name: 'drop', annotations: { destructiveHint: true }, call: () => 'dropped' }
const number: Tool = { name: 'number', call: () => 7 }

/** Returns the results of calls in a run without a terminal. */
async function resultsOf(flags: readonly string[], tools: readonly Tool[]): Promise<string[]> {
  const { entries } = createCatalogue(tools)
  const io = { ...processIo, stdout: new Written(), stderr: new Written() }
  const reporter = textReporter(io, { quiet: true })
  await using session = await createSession({
    ...execApprovals(parseCommandLine(execSpec, flags), { isInputUsed: false, entries, reporter, io }),
    hosts: sharedHosts('in-process'),
    tools,
  })
  return textsOf(
    await session.execute('for (const call of [tools.drop, tools.number]) text(await call({}).catch(String))'),
  )
}

const noTerminal = 'no terminal for a prompt; codecell exec --yes approves such calls'
const writes = 'the tool can write, and this run is read-only'
const denied = (tool: string, reason: string): string => `the call of tool \`${tool}\` was denied: ${reason}`

test.each([
  ['no flags', [], ['dropped', '7']],
  ['--ask destructive', ['--ask', 'destructive'], [denied('drop', noTerminal), '7']],
  ['--ask writes', ['--ask', 'writes'], [denied('drop', noTerminal), denied('number', noTerminal)]],
  ['--ask writes --yes', ['--ask', 'writes', '--yes'], ['dropped', '7']],
  ['--read-only', ['--read-only'], [denied('drop', writes), denied('number', writes)]],
  ['--read-only --yes', ['--read-only', '--yes'], [denied('drop', writes), denied('number', writes)]],
])('without a terminal, hints decide about calls with %s', async (_, flags, expected) => {
  expect(await resultsOf(flags, [drop, number])).toEqual(expected)
})

test.each([
  ['no flags', [], ['the call of tool `drop` was denied', denied('number', noTerminal)]],
  ['--yes', ['--yes'], ['the call of tool `drop` was denied', '7']],
])('without a terminal, the configuration decides about calls with %s', async (_, flags, expected) => {
  const configured: Tool[] = [
    { ...drop, needsApproval: 'deny' },
    { ...number, needsApproval: 'ask' },
  ]
  expect(await resultsOf(flags, configured)).toEqual(expected)
})
