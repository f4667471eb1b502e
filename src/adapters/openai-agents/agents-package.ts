import { missingPackage } from '../door/missing-package.ts'

/** The Agents SDK, an optional peer: an import that fails should say what to install. */
export const agents: typeof import('@openai/agents') = await import('@openai/agents').catch((cause: unknown) => {
  throw missingPackage('@openai/agents', 'codecell/openai-agents', cause)
})
