import { join } from 'node:path'
import { CodecellError } from '../../errors.ts'

/** The paths of one session. */
export type SessionLayout = {
  readonly folder: string
  readonly database: string
  readonly lease: string
  /** Names the process that holds the lease; informational. */
  readonly holder: string
  readonly cells: string
  /** Results that other processes have left for the owner. */
  readonly inbox: string
  /** The key that seals the snapshots of cells. */
  readonly snapshotKey: string
}

/**
 * Returns the paths of the session `id` in a storage directory.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an id that is not a valid directory name
 */
export function layoutOf(root: string, id: string): SessionLayout {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot name a session ${JSON.stringify(id.slice(0, 200))}: expected 1 to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit`,
      {
        details: {
          option: 'sessionId',
          value: id.slice(0, 200),
          expected: '1 to 128 letters, digits, ".", "_" and "-"',
        },
      },
    )
  }
  const folder = join(root, id)
  return {
    folder,
    database: join(folder, 'session.db'),
    lease: join(folder, 'lease.db'),
    holder: join(folder, 'lease.json'),
    cells: join(folder, 'cells'),
    inbox: join(folder, 'inbox'),
    snapshotKey: join(folder, 'snapshots.key'),
  }
}

/** Returns the path of the journal of a cell. */
export function journalPath({ cells }: SessionLayout, cellId: string): string {
  return join(cells, `${cellId}.jsonl`)
}
