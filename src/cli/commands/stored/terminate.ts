import { terminateCell } from '../../../index.ts'
import { parseCommandLine } from '../../common/command-line.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { demandLocation } from '../../common/session-location.ts'
import { writeLines } from '../../common/write-lines.ts'
import { terminateSpec } from '../../specs/approval-commands.ts'

/** `codecell terminate SESSION CELL --durable DIR`: terminates a cell, also of a session that another process has open. */
export async function terminateCommand(args: readonly string[], { stdout, env }: Io): Promise<number> {
  const line = parseCommandLine(terminateSpec, args)
  const [sessionId = '', cellId = ''] = line.args
  await using location = demandLocation(line, env)
  const report = await terminateCell({ ...location.options, sessionId, cellId })
  if (report.type === 'ended') await writeLines(stdout, [`Cell ${cellId} has ended before: ${report.ending}`])
  return exitCodes.completed
}
