import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { openTraceBundle, reduceTrace } from '../../../src/trace.ts'
import type { RawPayload, ShardPayloadReference, TraceState } from '../../../src/trace-format.ts'
import { newFolder } from '../../support/folder.ts'

const thread = 'thread-1'
const turn = 'turn-1'

/** Returns one record of a decompressed shard. */
export function record(id: string, body: string): Buffer {
  const head = Buffer.alloc(10)
  head.writeUInt16LE(Buffer.byteLength(id), 0)
  head.writeBigUInt64LE(BigInt(Buffer.byteLength(body)), 2)
  return Buffer.concat([head, Buffer.from(id), Buffer.from(body)])
}

/** A bundle of schema 3 on disk with one thread and one turn. */
export class ShardBundle {
  readonly directory: string = newFolder()
  readonly records: Buffer[] = []
  readonly #events: RawPayload[] = []

  constructor() {
    mkdirSync(join(this.directory, 'payloads'))
    this.add({ type: 'thread_started', thread_id: thread, agent_path: '/root', metadata_payload: null })
    this.add({ type: 'codex_turn_started', codex_turn_id: turn, thread_id: thread })
  }

  /** Adds a payload to shard 1. Text is its body as it stands. */
  payload(kind: string, value: unknown, parts?: readonly ShardPayloadReference[]): ShardPayloadReference {
    const id = `raw_payload:${this.records.length + 1}`
    this.records.push(record(id, typeof value === 'string' ? value : JSON.stringify(value)))
    return { raw_payload_id: id, kind: { type: kind }, shard: 1, ...(parts === undefined ? {} : { parts }) }
  }

  add(payload: RawPayload): this {
    this.#events.push(payload)
    return this
  }

  /** Adds a request with these items. */
  request(id: string, input: readonly unknown[]): this {
    return this.add({
      type: 'inference_started',
      inference_call_id: id,
      thread_id: thread,
      codex_turn_id: turn,
      model: 'm',
      provider_name: 'p',
      request_payload: this.payload('inference_request', { input }),
      prepared_prompt_payload: this.payload('prepared_prompt', { input: [] }),
    })
  }

  /** Writes the log, and the shard unless it is given. Returns the folder. */
  write(shard: Buffer = zstdCompressSync(Buffer.concat(this.records))): string {
    const manifest = {
      schema_version: 3,
      trace_id: 't',
      rollout_id: 'r',
      root_thread_id: thread,
      started_at_unix_ms: 1,
    }
    const names = { raw_event_log: 'trace.jsonl', payloads_dir: 'payloads' }
    writeFileSync(join(this.directory, 'manifest.json'), JSON.stringify({ ...manifest, ...names }))
    const head = { schema_version: 3, wall_time_unix_ms: 1, rollout_id: 'r', thread_id: thread, codex_turn_id: turn }
    const lines = this.#events.map((payload, index) => JSON.stringify({ ...head, seq: index + 1, payload }))
    writeFileSync(join(this.directory, 'trace.jsonl'), lines.map((line) => `${line}\n`).join(''))
    writeFileSync(join(this.directory, 'payloads', '000001.zst'), shard)
    return this.directory
  }

  reduce(shard?: Buffer): TraceState {
    const { manifest, events, payloads } = openTraceBundle(this.write(shard))
    return reduceTrace(manifest, events(), payloads)
  }
}
