import { SnapshotFile, SnapshotKeyFile } from '../disk/files/snapshot-file.ts'
import { journalPath } from '../disk/layout.ts'
import type { OpenFolder } from './open-folder.ts'

/** Returns the file for the snapshot of a cell. */
export function snapshotFile({ layout, database }: OpenFolder, cell: number): SnapshotFile {
  return new SnapshotFile(journalPath(layout, String(cell)), {
    key: new SnapshotKeyFile(layout.snapshotKey),
    fsync: true,
    checkOwner: () => database.checkOwner(),
    flush: () => undefined,
  })
}
