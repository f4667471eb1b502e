import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { createTextWriter, type TextWriter } from './bundle-writer.ts'
import type { WriterRequest } from './trace-sink.ts'
import type { BundleTarget } from './writer-thread.ts'

// The worker of `writer-thread.ts`: writes the batches of each bundle in order, and counts them.

type Message =
  | ({ readonly type: 'open'; readonly bundle: number } & BundleTarget)
  | { readonly type: 'batch'; readonly bundle: number; readonly batch: readonly WriterRequest[] }

const bundles = new Map<number, TextWriter>()

parentPort?.on('message', (message: Message) => {
  if (message.type === 'batch') return write(message.bundle, message.batch)
  const { bundle, startedAt, ...target } = message
  const onWarning = (text: string): void => warn(bundle, text)
  bundles.set(bundle, createTextWriter({ ...target, now: () => startedAt, onWarning }))
})

function write(bundle: number, batch: readonly WriterRequest[]): void {
  const writer = bundles.get(bundle)
  if (writer !== undefined) for (const request of joined(batch)) handle(bundle, writer, request)
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

function handle(bundle: number, writer: TextWriter, request: WriterRequest): void {
  switch (request.type) {
    case 'payload':
      return void writer.payload(request.number, request.json)
    case 'event':
      return void writer.event(request.scope, request.json, request.at)
    case 'text':
      return addTo(bundle, writer, request)
    case 'complete':
      return writer.complete(request.at)
    case 'stop':
      return writer.stop()
  }
}

/** Joins the texts for one file, and moves them before the events that refer to it. */
function* joined(batch: readonly WriterRequest[]): Generator<WriterRequest> {
  const texts = new Map<string, string>()
  for (const request of batch) {
    if (request.type === 'text') texts.set(request.path, (texts.get(request.path) ?? '') + request.text)
  }
  for (const [path, text] of texts) yield { type: 'text', path, text }
  for (const request of batch) if (request.type !== 'text') yield request
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

/** Not recursive: the folder of a removed bundle is not created again. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
}
