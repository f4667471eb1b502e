import { closeSync, openSync, readSync } from 'node:fs'
import { CodecellError } from '../../errors.ts'
import { payloadFile } from '../format/payload-file.ts'
import type { FilePayloadReference, PayloadReference } from '../format/raw-event.ts'
import type { TracePayloads } from '../reducer/reducer-state.ts'
import { fileInside, fileSize, jsonOf, limits, readText } from './bundle-files.ts'
import { ShardPayloads } from './shard-payloads.ts'

export type BundlePayloads = TracePayloads & {
  /** Returns the size of a payload, in bytes. */
  readonly size: (reference: PayloadReference) => number
}

/** Reads the payloads of a bundle: files of schemas 1 and 2, and records of shards. */
export function openPayloads(root: string, log: string): BundlePayloads {
  const shards = new ShardPayloads(root, () => isClosed(root, log))
  return {
    has: (reference) => ('path' in reference ? isThere(root, reference) : shards.has(reference)),
    read: (reference) =>
      'path' in reference
        ? jsonOf(readText(fileInside(root, reference.path), limits.payload), `payload ${reference.raw_payload_id}`)
        : shards.read(reference),
    size: (reference) => ('path' in reference ? fileSize(fileInside(root, reference.path)) : shards.size(reference)),
  }
}

function isThere(root: string, reference: FilePayloadReference): boolean {
  try {
    fileInside(root, payloadFile(reference) ?? '')
    return true
  } catch (error) {
    if (error instanceof CodecellError && isMissing(error.cause)) return false
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

const tailSize = 4096

/** Returns whether the log ends with the event that closes a recording. */
function isClosed(root: string, log: string): boolean {
  const file = fileInside(root, log)
  const tail = Buffer.alloc(tailSize)
  const descriptor = openSync(file, 'r')
  try {
    const count = readSync(descriptor, tail, 0, tailSize, Math.max(0, fileSize(file) - tailSize))
    const [last = ''] = tail.toString('utf8', 0, count).trimEnd().split('\n').slice(-1)
    return last.includes('"type":"recording_completed"')
  } finally {
    closeSync(descriptor)
  }
}
