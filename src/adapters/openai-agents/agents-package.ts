import { loadPeer, type PeerPackage } from '../../installation/peer-package.ts'

/** The Agents SDK, an optional peer. It is loaded by `codeMode`, so that the entry itself can be required. */
export type AgentsPackage = typeof import('@openai/agents')

const peer: PeerPackage = {
  name: '@openai/agents',
  entry: 'codecell/openai-agents',
  versions: '0.20',
  needs: ['tool', 'invokeFunctionTool', 'runToolInputGuardrails', 'runToolOutputGuardrails'],
}

/** Throws `PACKAGE_MISSING` and `PACKAGE_UNSUPPORTED`. */
export async function loadAgents(): Promise<AgentsPackage> {
  return await loadPeer(peer, async () => await import('@openai/agents'))
}
