import { messageOf } from '../../../errors.ts'
import { readSessions } from '../../../index.ts'
import { pullSession, pushSession, type MovedSession, type SharedStore } from '../../../store.ts'
import { parseCommandLine, usageError } from '../../common/command-line.ts'
import { CommandError, exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { printable } from '../../common/printable.ts'
import { demandStore } from '../../common/session-location.ts'
import { writeLines } from '../../common/write-lines.ts'
import { moveSpecs } from '../../specs/session-commands.ts'

/** `codecell sessions push DIR [SESSION…] --store URL`, and `pull`: moves sessions between a folder and a shared store. */
export async function moveSessionsCommand(verb: 'push' | 'pull', args: readonly string[], io: Io): Promise<number> {
  const spec = moveSpecs[verb]
  const line = parseCommandLine(spec, args)
  const [storage = '', ...named] = line.args
  if (storage === '') throw usageError(spec, 'Cannot move sessions: expected the path of a folder')
  await using location = demandStore(line, io.env, { mustExist: verb === 'pull' })
  const { store } = location
  const ids = named.length > 0 ? named : await idsOf(verb, storage, store)
  const move = verb === 'push' ? pushSession : pullSession
  let failed = 0
  for (const sessionId of ids) {
    try {
      const moved = await move({ storage, store, sessionId })
      await writeLines(io.stdout, [line.has('json') ? jsonOf(moved) : textOf(moved)])
    } catch (error) {
      if (ids.length === 1) throw error
      failed++
      io.stderr.write(`${printable(sessionId)}: ${messageOf(error)}\n`)
    }
  }
  if (failed === 0) return exitCodes.completed
  throw new CommandError(exitCodes.cannotStart, `Cannot move ${failed} of ${ids.length} sessions`)
}

async function idsOf(verb: 'push' | 'pull', storage: string, store: SharedStore): Promise<readonly string[]> {
  const sessions = verb === 'push' ? readSessions({ storage }) : await readSessions({ store })
  return sessions.map(({ id }) => id).toSorted()
}

function jsonOf({ sessionId, wasMoved, cells, calls }: MovedSession): string {
  return JSON.stringify({ session_id: sessionId, was_moved: wasMoved, cells, calls })
}

function textOf({ sessionId, wasMoved, cells, calls }: MovedSession): string {
  return wasMoved ? `${sessionId}: was moved before` : `${sessionId}: moved, with ${cells} cells and ${calls} calls`
}
