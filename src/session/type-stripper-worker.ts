import { stripTypeScriptTypes } from 'node:module'
import { parentPort } from 'node:worker_threads'

// The thread behind `type-stripper.ts`: one answer for each source, in order. An error that is no verdict on the source
// means that the parser has broken down; then the thread ends, and with it whatever state the parser was left in.
parentPort?.on('message', (source: string) => {
  const answer = strip(source)
  if (answer === null) process.exit(1)
  parentPort?.postMessage(answer)
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
