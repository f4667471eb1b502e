import { groupCard, approvalGroups, programCard, storedApprovals } from '../../../agent.ts'
import {
  decideApproval,
  readSession,
  type ApprovalBatch,
  type ApprovalDecision,
  type SessionReport,
} from '../../../index.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { printable } from '../../common/printable.ts'
import { demandLocation } from '../../common/session-location.ts'
import { userName } from '../../common/user-name.ts'
import { writeLines } from '../../common/write-lines.ts'
import { approveSpec } from '../../specs/approval-commands.ts'
import { textTable, timestamp } from '../../terminal/text-table.ts'

/** `codecell approve SESSION [KEY] --durable DIR`: shows the pending calls of a session, or decides about one. */
export async function approveCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(approveSpec, args)
  const [sessionId = '', key] = line.args
  const decision = decisionOf(line)
  await using location = demandLocation(line, env)
  const report = await readSession({ ...location.options, sessionId })
  if (decision === null) {
    const batches = batchesOf(report, key)
    await writeLines(stdout, line.has('json') ? jsonOf(report, batches) : textOf(report, batches, line.has('whole')))
    return exitCodes.completed
  }
  if (key === undefined) throw cannotDecide('expected the KEY of a call')
  const shown = report.pendingApprovals.find((call) => call.key === key)
  const given = line.text('input-hash')
  const isShown = given === undefined || (shown?.inputHash.startsWith(given) ?? false)
  await decideApproval({
    ...location.options,
    sessionId,
    key,
    decision,
    decidedBy: line.text('by') ?? userName(),
    // The call as it was read above, or a hash that no call has.
    ...(isShown ? (shown === undefined ? {} : hashesOf(shown)) : { inputHash: given }),
    ...optionalId(line),
  })
  return exitCodes.completed
}

function hashesOf({ inputHash, toolDigest }: SessionReport['pendingApprovals'][number]): {
  readonly inputHash: string
  readonly toolDigest: string | null
} {
  return { inputHash, toolDigest }
}

function optionalId(line: CommandLine): { readonly requestId?: string } {
  const requestId = line.text('request-id')
  return requestId === undefined ? {} : { requestId }
}

/** Returns the decision that the flags make; null for none. */
function decisionOf(line: CommandLine): ApprovalDecision | null {
  const [isAllowed, isDenied] = [line.has('allow'), line.has('deny')]
  const [reason, calls, isForSession] = [line.text('reason'), line.number('calls'), line.has('for-session')]
  if (isAllowed && isDenied) throw cannotDecide('expected one of --allow and --deny')
  if (!isDenied && reason !== undefined) throw cannotDecide('--reason requires --deny')
  if (!isAllowed && (calls !== undefined || isForSession))
    throw cannotDecide('--calls and --for-session require --allow')
  if (calls !== undefined && isForSession) throw cannotDecide('expected one of --calls and --for-session')
  if (!isAllowed && !isDenied) {
    if (['input-hash', 'by', 'request-id'].some((flag) => line.has(flag)))
      throw cannotDecide('expected --allow or --deny')
    return null
  }
  if (line.has('json') || line.has('whole')) throw cannotDecide('--json and --whole list calls')
  const hash = line.text('input-hash')
  if (hash !== undefined && !/^[0-9a-f]{12,64}$/.test(hash)) {
    throw cannotDecide('expected at least 12 hexadecimal digits as --input-hash')
  }
  if (isDenied) return reason === undefined ? { type: 'deny' } : { type: 'deny', reason }
  if (isForSession) return { type: 'allow_in_session' }
  return calls === undefined ? { type: 'allow' } : { type: 'allow_in_cell', calls }
}

function cannotDecide(reason: string): Error {
  return usageError(approveSpec, `Cannot decide: ${reason}`)
}

/** Returns the pending calls of a session, or the one with this key. */
function batchesOf(report: SessionReport, key: string | undefined): readonly ApprovalBatch[] {
  const batches = storedApprovals(report)
  if (key === undefined) return batches
  return batches
    .map((batch) => ({ ...batch, requests: batch.requests.filter((request) => request.key === key) }))
    .filter(({ requests }) => requests.length > 0)
}

function jsonOf(report: SessionReport, batches: readonly ApprovalBatch[]): readonly string[] {
  return batches.flatMap(({ source, requests }) =>
    requests.map(({ key, cellId, callId, identifier, input, location }) => {
      const { inputHash = null, toolDigest = null, askedAt = null } = reportOf(report, key) ?? {}
      return JSON.stringify({
        key,
        cell_id: cellId,
        call_id: callId,
        identifier,
        input,
        input_hash: inputHash,
        tool_digest: toolDigest,
        location,
        asked_at: askedAt,
        source,
      })
    }),
  )
}

function reportOf(
  { pendingApprovals }: SessionReport,
  key: string,
): SessionReport['pendingApprovals'][number] | undefined {
  return pendingApprovals.find((call) => call.key === key)
}

function textOf(report: SessionReport, batches: readonly ApprovalBatch[], isWhole: boolean): readonly string[] {
  if (batches.length === 0) return ['No call waits for a decision']
  const cards = batches.flatMap((batch) => [
    `Cell ${printable(batch.cellId)}. ${programCard(batch, { isWhole })}`,
    ...approvalGroups(batch.requests).flatMap((group) => ['', groupCard(group, batch.source, { isWhole })]),
    '',
  ])
  const now = Date.now()
  const rows = batches.flatMap(({ requests }) =>
    requests.map(({ key, identifier }) => {
      const { inputHash = '-', askedAt = null } = reportOf(report, key) ?? {}
      return [key, identifier, inputHash.slice(0, 12), timestamp(askedAt, now)]
    }),
  )
  const decide = `Decide with "codecell approve ${report.id} KEY --allow" or "--deny", and --input-hash HASH for the call as shown`
  return [...cards, ...textTable([['KEY', 'TOOL', 'HASH', 'WAITING SINCE'], ...rows]), '', decide]
}
