import { stripTypeScriptTypes } from 'node:module'
import { parentPort } from 'node:worker_threads'

// The worker thread of `type-stripper.ts`. It posts one result per source, in order. An unexpected error can leave the parser in an
// invalid state, so the thread exits.
parentPort?.on('message', (source: string) => {
  const result = strip(source)
  if (result === null) process.exit(1)
  parentPort?.postMessage(result)
})

function strip(source: string): { source: string } | { reason: string } | Record<string, never> | null {
  try {
    return { source: stripTypeScriptTypes(source) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') return {}
    if (code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || !(error instanceof Error)) return null
    return { reason: error.message.split('\n')[0] ?? '' }
  }
}
