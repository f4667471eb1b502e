import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { GuestThread } from './guest-thread.ts'
import type { FromThread, ThreadData, ToThread } from './thread-messages.ts'

// The worker of `thread.ts`: runs the slices of its cells, one after the other.

function serve(data: ThreadData): void {
  const thread = new GuestThread(data, {
    post: (message: FromThread) => parentPort?.postMessage(message),
    takeReply: () => receiveMessageOnPort(data.replies)?.message,
  })
  parentPort?.on('message', (message: ToThread) => thread.handle(message))
  parentPort?.postMessage({ type: 'ready' } satisfies FromThread)
}

serve(workerData)
