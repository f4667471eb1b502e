import { maxPartBytes } from '../limits.ts'
import type { LogDatabase, SnapshotId } from '../log-database.ts'
import { bodyOf } from '../log-rows.ts'
import type { LogRecord, SessionName } from '../session-logs.ts'

/** Stores the parts of a snapshot, which nothing reads until `finishSnapshot`. */
export async function writeSnapshotParts(
  database: LogDatabase,
  name: SessionName,
  id: SnapshotId,
  records: AsyncIterable<readonly LogRecord[]>,
): Promise<{ readonly parts: number; readonly bytes: number }> {
  let lines: string[] = []
  let size = 0
  let parts = 0
  let bytes = 0
  const write = async (): Promise<void> => {
    const body = bodyOf(lines)
    await database.putSnapshotPart(name, id, parts, body)
    parts++
    bytes += body.byteLength
    lines = []
    size = 0
  }
  for await (const batch of records) {
    for (const record of batch) {
      const line = JSON.stringify(record)
      const added = Buffer.byteLength(line) + 1
      if (lines.length > 0 && size + added > maxPartBytes) await write()
      lines.push(line)
      size += added
    }
  }
  if (lines.length > 0 || parts === 0) await write()
  return { parts, bytes }
}
