import { loadPeer, type PeerPackage } from '../../installation/peer-package.ts'

/** The Agents SDK, an optional peer. `codeMode` loads it, so that `require` of the entry works without it. */
export type AgentsPackage = typeof import('@openai/agents')

const peer: PeerPackage = {
  name: '@openai/agents',
  entry: 'codecell/openai-agents',
  versions: '0.20',
  needs: ['tool', 'invokeFunctionTool', 'runToolInputGuardrails', 'runToolOutputGuardrails'],
}

/** @throws {CodecellError} PACKAGE_MISSING, PACKAGE_UNSUPPORTED */
export async function loadAgents(): Promise<AgentsPackage> {
  return await loadPeer(peer, async () => await import('@openai/agents'))
}
