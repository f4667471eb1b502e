import { existsSync, readFileSync } from 'node:fs'
import { contentResult, type CallContent, type CallNumber } from '../call-content.ts'
import { SessionDatabase } from './database/database.ts'
import { Row } from './database/row-reader.ts'
import { readJournal } from './files/journal-content.ts'
import { journalPath, layoutOf, type SessionLayout } from './layout.ts'
import { isLeased } from './lease.ts'
import type { StorageLocation } from './read-sessions.ts'

/** Reads the stored content of a call of a session in a folder. */
export function readFolderCall(
  { storage, sessionId }: StorageLocation & { readonly sessionId: string },
  call: CallNumber,
): CallContent {
  const layout = layoutOf(typeof storage === 'string' ? storage : storage.dir, sessionId)
  const database = SessionDatabase.read(layout.database, { isOwned: isLeased(layout) })
  try {
    const stored = storedContent(database, call)
    return { input: stored.input, result: stored.result ?? journaledResult(layout, call) }
  } finally {
    database.close({ isLogHeld: true })
  }
}

function storedContent(database: SessionDatabase, { cellId, number }: CallNumber): CallContent {
  const one = (sql: string): Row | null => {
    const found = database.one(sql, Number(cellId), number)
    return found === undefined ? null : new Row(found, database.path)
  }
  const revertible = one('SELECT input, result FROM reverts WHERE cell = ? AND call = ?')
  const approval = one('SELECT input FROM approvals WHERE cell = ? AND call = ?')
  const deferral = one('SELECT result_type, result FROM deferrals WHERE cell = ? AND call = ?')
  const result = revertible?.text('result') ?? ''
  const provided = deferral?.optionalText('result') ?? null
  return {
    input: revertible?.text('input') ?? approval?.optionalText('input') ?? null,
    result:
      result !== ''
        ? contentResult('tool_response', result)
        : provided === null
          ? null
          : contentResult(deferral?.optionalText('result_type') ?? '', provided),
  }
}

/** Returns a result that a running cell has received. */
function journaledResult(layout: SessionLayout, { cellId, number }: CallNumber): CallContent['result'] {
  const path = journalPath(layout, cellId)
  if (!existsSync(path)) return null
  for (const { line } of readJournal(path, readFileSync(path)).lines) {
    if (line.type !== 'given') continue
    const { command } = line
    if (command.type !== 'timeout_fired' && command.id === number) return contentResult(command.type, command.body)
  }
  return null
}
