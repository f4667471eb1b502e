import { loadPeer, type PeerPackage } from '../../installation/peer-package.ts'

/** The AI SDK, an optional peer. It is loaded by `codeMode`, so that the entry itself can be required. */
export type AiPackage = typeof import('ai')

const peer: PeerPackage = {
  name: 'ai',
  entry: 'codecell/ai-sdk',
  versions: '7',
  needs: ['asSchema', 'jsonSchema'],
}

/** Throws `PACKAGE_MISSING` and `PACKAGE_UNSUPPORTED`. */
export async function loadAi(): Promise<AiPackage> {
  return await loadPeer(peer, async () => await import('ai'))
}
