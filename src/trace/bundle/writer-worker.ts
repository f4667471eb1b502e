import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { createTextWriter, type TextWriter } from './bundle-writer.ts'
import type { WriterOrder } from './trace-sink.ts'
import type { BundlePlace } from './writer-thread.ts'

// The thread behind `writer-thread.ts`: it writes the batches of each bundle in their order, and counts them.

type Message =
  | ({ readonly type: 'open'; readonly bundle: number } & BundlePlace)
  | { readonly type: 'batch'; readonly bundle: number; readonly batch: readonly WriterOrder[] }

const bundles = new Map<number, TextWriter>()

parentPort?.on('message', (message: Message) => {
  if (message.type === 'batch') return write(message.bundle, message.batch)
  const { bundle, startedAt, ...place } = message
  const onWarning = (text: string): void => warn(bundle, text)
  bundles.set(bundle, createTextWriter({ ...place, now: () => startedAt, onWarning }))
})

function write(bundle: number, batch: readonly WriterOrder[]): void {
  const writer = bundles.get(bundle)
  if (writer !== undefined) for (const order of joined(batch)) obey(bundle, writer, order)
  if (workerData instanceof Int32Array) {
    Atomics.add(workerData, 0, 1)
    Atomics.notify(workerData, 0)
  }
  parentPort?.postMessage({ type: 'written', bundle })
  const last = batch.at(-1)?.type
  if (last !== 'complete' && last !== 'stop') return
  bundles.delete(bundle)
  parentPort?.postMessage({ type: 'ended', bundle })
}

function warn(bundle: number, text: string): void {
  parentPort?.postMessage({ type: 'warning', bundle, text })
}

function obey(bundle: number, writer: TextWriter, order: WriterOrder): void {
  switch (order.type) {
    case 'payload':
      return void writer.payload(order.number, order.json)
    case 'event':
      return void writer.event(order.scope, order.json, order.at)
    case 'text':
      return addTo(bundle, writer, order)
    case 'complete':
      return writer.complete(order.at)
    case 'stop':
      return writer.stop()
  }
}

/** Texts for one file are written at once, before the events that speak of it. */
function* joined(batch: readonly WriterOrder[]): Generator<WriterOrder> {
  const texts = new Map<string, string>()
  for (const order of batch) {
    if (order.type === 'text') texts.set(order.path, (texts.get(order.path) ?? '') + order.text)
  }
  for (const [path, text] of texts) yield { type: 'text', path, text }
  for (const order of batch) if (order.type !== 'text') yield order
}

function addTo(bundle: number, { directory }: TextWriter, { path, text }: { path: string; text: string }): void {
  if (directory === null) return
  try {
    const file = join(directory, path)
    makeFolder(dirname(file))
    appendFileSync(file, text, { mode: 0o600 })
  } catch (error) {
    warn(bundle, `Cannot write ${path} of the trace: ${messageOf(error)}`)
  }
}

/** Only this one: a bundle that somebody took away is not made again. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
}
