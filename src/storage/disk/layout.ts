import { join } from 'node:path'
import { CodecellError } from '../../errors.ts'

/** Where the parts of one session are. */
export type SessionLayout = {
  readonly folder: string
  readonly database: string
  readonly lease: string
  /** Says which process has the lease; for people. */
  readonly holder: string
  readonly cells: string
}

/** The files of the session `id` in a folder of sessions. Throws `INVALID_OPTION` for an id that is no name of a folder. */
export function layoutOf(root: string, id: string): SessionLayout {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(id)) {
    throw new CodecellError(
      'INVALID_OPTION',
      `Cannot name a session ${JSON.stringify(id.slice(0, 200))}: 1 to 128 letters, digits, ".", "_" and "-" are expected, the first a letter or digit`,
    )
  }
  const folder = join(root, id)
  return {
    folder,
    database: join(folder, 'session.db'),
    lease: join(folder, 'lease.db'),
    holder: join(folder, 'lease.json'),
    cells: join(folder, 'cells'),
  }
}

/** The journal of a cell. */
export function journalPath({ cells }: SessionLayout, cellId: string): string {
  return join(cells, `${cellId}.jsonl`)
}
