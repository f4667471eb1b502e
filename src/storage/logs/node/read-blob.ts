import { createHash } from 'node:crypto'
import type { LogDatabase } from '../log-database.ts'
import { logInvalid } from '../log-errors.ts'
import type { BlobScope, Digest, SessionName } from '../session-logs.ts'

/**
 * Reads a blob, and compares it with its digest.
 *
 * @throws {CodecellError} `SESSION_INVALID`, `STORE_UNREACHABLE`
 */
export async function readBlob(
  database: LogDatabase,
  name: SessionName,
  { digest, scope }: { readonly digest: Digest; readonly scope: BlobScope },
): Promise<Uint8Array> {
  const bodies: Uint8Array[] = []
  for (let part = 0, parts = 1; part < parts; part++) {
    const stored = await database.blobPart(name, scope, digest, part)
    if (stored === null) throw logInvalid(name, `part ${part} of the blob ${digest} is missing`)
    parts = stored.parts
    bodies.push(stored.body)
  }
  const bytes = Buffer.concat(bodies)
  if (createHash('sha256').update(bytes).digest('hex') === digest) return bytes
  throw logInvalid(name, `the blob ${digest} is damaged`)
}
