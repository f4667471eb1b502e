import { createInterface } from 'node:readline/promises'
import { CodecellError, readSession, type RevertEntry, type Session, type SessionOptions } from '../../../index.ts'
import { CommandError, exitCodes } from '../../common/exit-codes.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import { openDurable } from '../../exec/durable.ts'
import { interruption } from '../../exec/interruption.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation } from '../../common/session-location.ts'
import { revertSpec } from '../../specs/session-commands.ts'
import { failureText, openToolSource, toolSourceOptions } from '../../tool-source/tool-source.ts'
import { printable } from '../../common/printable.ts'
import { writeLines } from '../../common/write-lines.ts'
import { textTable } from '../../terminal/text-table.ts'

/** `codecell revert SESSION CELL --durable DIR`: reverts the calls of a cell. Other cells of the session resume. */
export async function revertCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(revertSpec, args)
  await using location = demandLocation(line, io.env)
  const [id = '', cellId = ''] = line.args
  const { ledger } = await readSession({ ...location.options, sessionId: id })
  const calls = ledger.filter(
    (call) =>
      call.cellId === cellId && call.state === 'applied' && !call.isReadOnly && call.reverted?.type !== 'reverted',
  )
  using interrupted = interruption()
  const { signal } = interrupted
  if (!line.has('yes')) await ask(`Revert ${calls.length} calls of cell ${cellId} in session ${id}?`, io, signal)
  const onWarning = (text: string): void => void io.stderr.write(`${text}\n`)
  await using tools = await openToolSource(toolSourceOptions(line, { signal, onWarning }))
  for (const failure of tools.failures) io.stderr.write(`${failureText(failure)}\n`)
  const toolTimeoutMs = line.number('tool-timeout')
  await using session = await openToRevert(cellId, {
    ...location.options,
    sessionId: id,
    tools: tools.tools,
    limits: toolTimeoutMs === undefined ? {} : { toolTimeoutMs },
    // Resumed cells cannot prompt here: their calls wait for an approver.
    approvals: { hold: true },
    signal,
  })
  const report = await session.revert(cellId)
  await writeLines(io.stdout, line.has('json') ? report.calls.map((call) => jsonOf(call)) : textOf(report.calls))
  return report.calls.every(({ type }) => type === 'reverted' || type === 'already_reverted')
    ? exitCodes.completed
    : exitCodes.scriptFailed
}

/** Opens the session. The tools of a live owner make its calls, so only the owner can revert them. */
async function openToRevert(cellId: string, options: SessionOptions): Promise<Session> {
  try {
    return await openDurable(options)
  } catch (error) {
    if (!CodecellError.is(error, 'SESSION_IN_USE')) throw error
    const advice = `revert there with session.revert(${JSON.stringify(cellId)}), or repeat this command when it has closed the session`
    throw new CommandError(exitCodes.cannotStart, `${error.message}; ${advice}`)
  }
}

function jsonOf({ callId, key, identifier, type, text }: RevertEntry): string {
  return JSON.stringify({ call_id: callId, key, identifier, result: type, text })
}

function textOf(calls: readonly RevertEntry[]): readonly string[] {
  if (calls.length === 0) return ['Nothing to revert']
  return textTable(
    calls.map(({ key, identifier, type, text }) => [key, type.replaceAll('_', ' '), identifier, text ?? '']),
  )
}

async function ask(question: string, { stdin, stderr }: Io, signal: AbortSignal): Promise<void> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new CommandError(exitCodes.usage, `${printable(question)} Cannot prompt without a terminal: pass --yes`)
  }
  const reader = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await reader.question(`${printable(question)} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError(exitCodes.scriptFailed, 'Nothing was reverted')
  } finally {
    reader.close()
  }
}
