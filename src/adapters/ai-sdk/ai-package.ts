import { missingPackage } from '../door/missing-package.ts'

/** The AI SDK, an optional peer: an import that fails should say what to install. */
export const ai: typeof import('ai') = await import('ai').catch((cause: unknown) => {
  throw missingPackage('ai', 'codecell/ai-sdk', cause)
})
