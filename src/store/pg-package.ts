import { loadPeer, type PeerPackage } from '../installation/peer-package.ts'
import type { PgModule } from '../storage/logs/postgres/postgres-connection.ts'

const peer: PeerPackage = { name: 'pg', entry: 'codecell/store', versions: '8', needs: ['Pool'] }

/** Loads the driver. Throws `PACKAGE_MISSING`, `PACKAGE_UNSUPPORTED`. */
export async function loadPg(): Promise<PgModule> {
  return await loadPeer(peer, async () => (await import('pg')).default)
}
