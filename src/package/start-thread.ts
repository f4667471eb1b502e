import { Worker, type WorkerOptions } from 'node:worker_threads'
import { findModule, startedModule, type StartedModule } from './package-file.ts'
import { threadCopies } from './thread-copies.ts'
import { threadFlags } from './thread-flags.ts'

/**
 * Starts a thread. It runs its module, or a copy of it when codecell is part of a bundle, which has no other
 * files.
 *
 * @throws {CodecellError} `HOST_START_FAILED` in a bundle that has no module URLs, for a module without a copy
 */
export function startThread(name: StartedModule, options: WorkerOptions): Worker {
  const program = findModule(name) ?? threadCopies[name] ?? startedModule(name)
  return new Worker(program, { ...options, eval: typeof program === 'string', execArgv: threadFlags })
}
