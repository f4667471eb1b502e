import module from 'node:module'
import { parentPort } from 'node:worker_threads'

// The worker thread of `type-stripper.ts`. It posts one result per source, in order. An unexpected error can leave the parser in an
// invalid state, so the thread exits.
parentPort?.on('message', (source: string) => {
  const result = strip(source)
  if (result === null) process.exit(1)
  parentPort?.postMessage(result)
})

/** Bun cannot strip types, so a source with types fails with its syntax error. */
function strip(source: string): { source: string } | { reason: string } | Record<string, never> | null {
  if (!('stripTypeScriptTypes' in module)) return {}
  try {
    return { source: module.stripTypeScriptTypes(source) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') return {}
    if (code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || !(error instanceof Error)) return null
    return { reason: error.message.split('\n')[0] ?? '' }
  }
}
