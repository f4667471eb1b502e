import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import type { PayloadReference, RawEvent, RawPayload, TraceManifest } from './raw-event.ts'

export type PayloadKind =
  | 'inference_request'
  | 'inference_response'
  | 'compaction_request'
  | 'compaction_checkpoint'
  | 'compaction_response'
  | 'tool_invocation'
  | 'tool_result'
  | 'tool_runtime_event'
  | 'terminal_runtime_event'
  | 'protocol_event'
  | 'session_metadata'
  | 'agent_result'

export type TraceWriterOptions = {
  /** The folder that bundles are made in; it is created when it is missing. */
  readonly root: string
  /** The id of the root thread, which is that of the rollout too. */
  readonly rootThreadId: string
  /** A UUID; made when it is left out. */
  readonly traceId?: string
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Called once at most, with what is lost and why. */
  readonly onWarning?: (message: string) => void
}

/** Where an event happened; both are null for what belongs to no thread. */
export type EventScope = { readonly threadId: string | null; readonly turnId: string | null }

/**
 * Writes one bundle. No method throws: when the disk is full, the folder is gone or a value is no JSON, there is one warning
 * and that part of the trace is missing. What is on disk is a readable bundle after every call.
 */
export type TraceWriter = {
  /** The bundle's folder; null when it could not be made. */
  readonly directory: string | null
  /** Writes a payload file. Returns what events refer to it by, or null when it is lost. */
  readonly writePayload: (kind: PayloadKind, value: unknown) => PayloadReference | null
  /** Appends an event with the next number. Returns whether it is on disk; after a loss every later event is lost too. */
  readonly append: (scope: EventScope, payload: RawPayload) => boolean
  /** Says that the recording is complete, and closes the log. Later calls do nothing. */
  readonly complete: () => void
}

/** Starts a bundle below `root`, readable by this user only: traces hold what prompts and tools hold. Never throws. */
export function createTraceWriter(options: TraceWriterOptions): TraceWriter {
  let isWarned = false
  const warn = (what: string, error: unknown): void => {
    if (isWarned) return
    isWarned = true
    try {
      options.onWarning?.(`${what}: ${messageOf(error)}`)
    } catch {
      // Whoever is warned cannot fail the caller either.
    }
  }
  try {
    return new BundleWriter(startBundle(options), options, warn)
  } catch (error) {
    warn('Cannot start the trace', error)
    return { directory: null, writePayload: () => null, append: () => false, complete: () => undefined }
  }
}

type Bundle = { readonly directory: string; readonly manifest: TraceManifest; readonly log: number }

function startBundle({ root, rootThreadId, traceId = randomUUID(), now = Date.now }: TraceWriterOptions): Bundle {
  const directory = join(root, `trace-${fileName(traceId)}-${fileName(rootThreadId)}`)
  mkdirSync(root, { recursive: true })
  mkdirSync(directory, { mode: 0o700 })
  mkdirSync(join(directory, 'payloads'), { mode: 0o700 })
  const manifest: TraceManifest = {
    schema_version: 2,
    trace_id: traceId,
    rollout_id: rootThreadId,
    root_thread_id: rootThreadId,
    started_at_unix_ms: now(),
    raw_event_log: 'trace.jsonl',
    payloads_dir: 'payloads',
  }
  writeNew(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return { directory, manifest, log: openSync(join(directory, 'trace.jsonl'), 'ax', 0o600) }
}

/** Ids may hold anything; the name of a folder may not. */
function fileName(id: string): string {
  return id.replace(/[^\w-]/g, '_').slice(0, 80)
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
}

class BundleWriter implements TraceWriter {
  readonly directory: string
  readonly #manifest: TraceManifest
  readonly #now: () => number
  readonly #warn: (what: string, error: unknown) => void
  #log: number | undefined
  #events = 0
  #payloads = 0

  constructor(bundle: Bundle, { now = Date.now }: TraceWriterOptions, warn: (what: string, error: unknown) => void) {
    this.directory = bundle.directory
    this.#manifest = bundle.manifest
    this.#log = bundle.log
    this.#now = now
    this.#warn = warn
  }

  readonly writePayload = (kind: PayloadKind, value: unknown): PayloadReference | null => {
    if (this.#log === undefined) return null
    const number = ++this.#payloads
    const path = `payloads/${number}.json`
    const file = join(this.directory, path)
    try {
      writeNew(file, `${JSON.stringify(value ?? null, null, 2)}\n`)
      return { raw_payload_id: `raw_payload:${number}`, kind: { type: kind }, path }
    } catch (error) {
      this.#warn(`Cannot write payload ${number} of the trace`, error)
      removeQuietly(file)
      return null
    }
  }

  readonly append = (scope: EventScope, payload: RawPayload): boolean => {
    if (this.#log === undefined) return false
    try {
      const event: RawEvent = {
        schema_version: this.#manifest.schema_version,
        seq: this.#events + 1,
        wall_time_unix_ms: Math.trunc(this.#now()),
        rollout_id: this.#manifest.rollout_id,
        thread_id: scope.threadId,
        codex_turn_id: scope.turnId,
        payload,
      }
      writeWhole(this.#log, Buffer.from(`${JSON.stringify(event)}\n`))
      this.#events++
      return true
    } catch (error) {
      // Part of a line may be on disk. Nothing can follow it, or the log would be broken in its middle.
      this.#warn('Cannot go on with the trace', error)
      this.#close()
      return false
    }
  }

  readonly complete = (): void => {
    this.append({ threadId: null, turnId: null }, { type: 'recording_completed' })
    this.#close()
  }

  #close(): void {
    const log = this.#log
    this.#log = undefined
    if (log === undefined) return
    try {
      closeSync(log)
    } catch (error) {
      this.#warn('Cannot close the trace', error)
    }
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // What is left is a file that no event names.
  }
}
