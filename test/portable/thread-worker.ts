import { Worker } from 'node:worker_threads'
import type { HostWorker } from '../../src/portable.ts'

/** The module of a worker: the built entry over the port of a thread. */
const module = `
  import { parentPort } from 'node:worker_threads'
  import { serveHost } from '${new URL('../../dist/portable-worker.js', import.meta.url).href}'
  serveHost({
    postMessage: (message) => parentPort.postMessage(message),
    addEventListener: (_type, listener) => parentPort.on('message', (data) => listener({ data })),
  })`

/** Starts a host in a thread of Node, with the methods of a worker in a browser. */
export function startThreadWorker(): HostWorker {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(module)}`))
  return {
    postMessage: (message) => worker.postMessage(message),
    addEventListener(type, listener) {
      worker.on(type, (value: unknown) => listener(type === 'message' ? { data: value } : { message: String(value) }))
    },
    terminate: () => worker.terminate(),
  }
}
