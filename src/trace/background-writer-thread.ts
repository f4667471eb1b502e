import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { isRecord } from '../protocol/json.ts'
import { createTextWriter, type TextWriter } from './bundle-writer.ts'
import type { WriterOrder } from './trace-sink.ts'

// The thread behind `background-writer.ts`: it writes batches in their order, and counts them.
const { root, rootThreadId, traceId, counter } = parseSettings(workerData)
const warn = (message: string): void => parentPort?.postMessage(message)
const writer = createTextWriter({ root, rootThreadId, traceId, onWarning: warn })

parentPort?.on('message', (batch: readonly WriterOrder[]) => {
  for (const order of joined(batch)) obey(writer, order)
  Atomics.add(counter, 0, 1)
  Atomics.notify(counter, 0)
  parentPort?.postMessage(null)
  if (batch.at(-1)?.type === 'complete') parentPort?.close()
})

function obey(to: TextWriter, order: WriterOrder): void {
  switch (order.type) {
    case 'payload':
      return void to.payload(order.number, order.json)
    case 'event':
      return void to.event(order.scope, order.json, order.at)
    case 'text':
      return addTo(to, order.path, order.text)
    case 'complete':
      return to.complete(order.at)
  }
}

/** Texts for one file that follow each other are written at once. */
function* joined(batch: readonly WriterOrder[]): Generator<WriterOrder> {
  const texts = new Map<string, string>()
  for (const order of batch) {
    if (order.type === 'text') texts.set(order.path, (texts.get(order.path) ?? '') + order.text)
  }
  for (const [path, text] of texts) yield { type: 'text', path, text }
  for (const order of batch) if (order.type !== 'text') yield order
}

function addTo({ directory }: TextWriter, path: string, text: string): void {
  if (directory === null) return
  try {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    appendFileSync(file, text, { mode: 0o600 })
  } catch (error) {
    warn(`Cannot write ${path} of the trace: ${messageOf(error)}`)
  }
}

type Settings = {
  readonly root: string
  readonly rootThreadId: string
  readonly traceId: string
  readonly counter: Int32Array
}

function parseSettings(value: unknown): Settings {
  const { root: folder, rootThreadId: thread, traceId: trace, counter: shared } = isRecord(value) ? value : {}
  if (
    typeof folder === 'string' &&
    typeof thread === 'string' &&
    typeof trace === 'string' &&
    shared instanceof Int32Array
  ) {
    return { root: folder, rootThreadId: thread, traceId: trace, counter: shared }
  }
  throw new TypeError('the thread that writes a trace was started without its settings')
}
