import { loadPeer, type PeerPackage } from '../../installation/peer-package.ts'

/** The AI SDK, an optional peer. `codeMode` loads it, so that `require` of the entry works without it. */
export type AiPackage = typeof import('ai')

const peer: PeerPackage = {
  name: 'ai',
  entry: 'codecell/ai-sdk',
  versions: '7',
  needs: ['asSchema', 'jsonSchema'],
}

/** @throws {CodecellError} PACKAGE_MISSING, PACKAGE_UNSUPPORTED */
export async function loadAi(): Promise<AiPackage> {
  return await loadPeer(peer, async () => await import('ai'))
}
