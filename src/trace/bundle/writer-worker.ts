import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { startBundle, type BundleWriter, type StoredEvent } from './bundle-writer.ts'
import type { StoredPayload } from './payload-store.ts'
import { printedLinesText } from '../format/printed-lines.ts'
import type { WriterRequest } from './trace-sink.ts'
import type { BundleTarget } from './writer-thread.ts'

// The worker of `writer-thread.ts`: writes the batches of each bundle in order, and counts them.

type Message =
  | ({ readonly type: 'open'; readonly bundle: number } & BundleTarget)
  | { readonly type: 'batch'; readonly bundle: number; readonly batch: readonly WriterRequest[] }

const bundles = new Map<number, BundleWriter>()

parentPort?.on('message', (message: Message) => {
  if (message.type === 'batch') return write(message.bundle, message.batch)
  const { bundle, root, rootThreadId, traceId, schema, startedAt } = message
  const onWarning = (text: string): void => warn(bundle, text)
  bundles.set(bundle, startBundle({ root, rootThreadId, traceId, schema, startedAt, onWarning }))
})

function write(bundle: number, batch: readonly WriterRequest[]): void {
  const writer = bundles.get(bundle)
  if (writer !== undefined) writeBatch(bundle, writer, batch)
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

/** Writes the texts and the payloads of a batch before the events that refer to them. */
function writeBatch(bundle: number, writer: BundleWriter, batch: readonly WriterRequest[]): void {
  const texts = new Map<string, string>()
  const payloads: StoredPayload[] = []
  const events: StoredEvent[] = []
  const addText = (path: string, text: string): void => void texts.set(path, (texts.get(path) ?? '') + text)
  for (const request of batch) {
    if (request.type === 'payload') payloads.push(request)
    else if (request.type === 'event') events.push(request)
    else if (request.type === 'text') addText(request.path, request.text)
    else if (request.type === 'printed') addText(request.path, printedLinesText(request.lines))
  }
  for (const [path, text] of texts) addTo(bundle, writer, path, text)
  if (payloads.length > 0) writer.payloads(payloads)
  if (events.length > 0) writer.events(events)
  const last = batch.at(-1)
  if (last?.type === 'complete') writer.complete(last.at)
  else if (last?.type === 'stop') writer.stop()
}

function addTo(bundle: number, { directory }: BundleWriter, path: string, text: string): void {
  if (directory === null) return
  try {
    const file = join(directory, path)
    makeFolder(dirname(file))
    appendFileSync(file, text, { mode: 0o600 })
  } catch (error) {
    warn(bundle, `Cannot write ${path} of the trace: ${messageOf(error)}`)
  }
}

/** Not recursive: the folder of a removed bundle is not created again. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
}
