import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'
import { isRecord } from '../../protocol/json.ts'
import type { PayloadReference, RawPayload, TraceManifest } from '../format/raw-event.ts'
import { checkOptions, type OptionNames } from '../../options/check-options.ts'

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
  /** The folder that contains the bundles; it is created if it does not exist. */
  readonly root: string
  /** The id of the root thread, which is also the id of the rollout. */
  readonly rootThreadId: string
  /**
   * A UUID.
   *
   * @default a random UUID
   */
  readonly traceId?: string
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Called at most once, with the reason why a part of the trace is missing. */
  readonly onWarning?: (message: string) => void
}

/** The thread and turn of an event; both are null for an event that belongs to no thread. */
export type EventScope = { readonly threadId: string | null; readonly turnId: string | null }

/**
 * Writes one bundle. No method throws: if the disk is full, the folder is gone or a value cannot be serialized, `onWarning` is
 * called once and that part of the trace is missing. The bundle on disk is readable after every call.
 */
export type TraceWriter = {
  /** The bundle's folder; null if it could not be created. */
  readonly directory: string | null
  /** Writes a payload file. Returns the reference for events, or null if the payload is lost. */
  readonly writePayload: (kind: PayloadKind, value: unknown) => PayloadReference | null
  /** Appends an event with the next number. Returns whether it is on disk; after a lost event, all later events are lost. */
  readonly append: (scope: EventScope, payload: RawPayload) => boolean
  /** Marks the recording as complete and closes the log. Later calls do nothing. */
  readonly complete: () => void
}

const optionNames: OptionNames<TraceWriterOptions> = {
  root: 'any',
  rootThreadId: 'any',
  traceId: 'any',
  now: 'function',
  onWarning: 'function',
}

/**
 * Starts a bundle below `root`. Only the user can read it, because traces contain prompts and results.
 *
 * @throws {CodecellError} `INVALID_OPTION`
 */
export function createTraceWriter(options: TraceWriterOptions): TraceWriter {
  checkOptions('createTraceWriter', options, optionNames)
  const writer = createTextWriter(options)
  const { now = Date.now } = options
  let payloads = 0
  return {
    directory: writer.directory,
    writePayload(kind, value) {
      const number = ++payloads
      return writer.payload(number, () => `${JSON.stringify(value ?? null, null, 2)}\n`)
        ? { raw_payload_id: `raw_payload:${number}`, kind: { type: kind }, path: payloadPath(number) }
        : null
    },
    append: (scope, payload) => writer.event(scope, () => JSON.stringify(payload), now()),
    complete: () => writer.complete(now()),
  }
}

/** Returns the name of a bundle's folder. Ids can contain any character; the name of a folder cannot. */
export function bundleName(traceId: string, rootThreadId: string): string {
  return `trace-${fileName(traceId)}-${fileName(rootThreadId)}`
}

function fileName(id: string): string {
  return id.replace(/[^\w-]/g, '_').slice(0, 80)
}

/** Writes one bundle from serialized JSON. No method throws; each returns whether it succeeded. */
export type TextWriter = {
  /** Null if the bundle could not be created. */
  readonly directory: string | null
  readonly payload: (number: number, json: Text) => boolean
  /** Appends an event without its lost payloads. An event that needs a lost payload ends the log. */
  readonly event: (scope: EventScope, json: Text, at: number) => boolean
  readonly complete: (at: number) => void
  /** Closes the log without marking the recording as complete. */
  readonly stop: () => void
}

/** A string, or a function that returns it: serializing can fail too. */
type Text = string | (() => string)

export function createTextWriter(options: TraceWriterOptions): TextWriter {
  let isWarned = false
  const warn = (what: string, error: unknown): void => {
    if (isWarned) return
    isWarned = true
    // An exception of the callback must not reach the recorded program.
    callGuarded(
      () => options.onWarning?.(`${what}: ${messageOf(error)}`),
      () => undefined,
    )
  }
  try {
    return new BundleWriter(startBundle(options), warn)
  } catch (error) {
    warn('Cannot start the trace', error)
    return {
      directory: null,
      payload: () => false,
      event: () => false,
      complete: () => undefined,
      stop: () => undefined,
    }
  }
}

type Bundle = { readonly directory: string; readonly manifest: TraceManifest; readonly log: number }

function startBundle({ root, rootThreadId, traceId = randomUUID(), now = Date.now }: TraceWriterOptions): Bundle {
  const directory = join(root, bundleName(traceId, rootThreadId))
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
  writeNew(join(directory, 'manifest.json'), withWholeCharacters(`${JSON.stringify(manifest, null, 2)}\n`))
  return { directory, manifest, log: openSync(join(directory, 'trace.jsonl'), 'ax', 0o600) }
}

function writeNew(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
}

function payloadPath(number: number): string {
  return `payloads/${number}.json`
}

class BundleWriter implements TextWriter {
  readonly directory: string
  readonly #manifest: TraceManifest
  readonly #warn: (what: string, error: unknown) => void
  readonly #lost = new Set<string>()
  #log: number | undefined
  #events = 0

  constructor(bundle: Bundle, warn: (what: string, error: unknown) => void) {
    this.directory = bundle.directory
    this.#manifest = bundle.manifest
    this.#log = bundle.log
    this.#warn = warn
  }

  readonly payload = (number: number, json: Text): boolean => {
    if (this.#log === undefined) return false
    const file = join(this.directory, payloadPath(number))
    try {
      writeNew(file, withWholeCharacters(textOf(json)))
      return true
    } catch (error) {
      this.#warn(`Cannot write payload ${number} of the trace`, error)
      this.#lost.add(`raw_payload:${number}`)
      removeQuietly(file)
      return false
    }
  }

  readonly event = (scope: EventScope, json: Text, at: number): boolean => {
    if (this.#log === undefined) return false
    try {
      const line = this.#line(scope, this.#withoutLost(textOf(json)), at)
      writeWhole(this.#log, Buffer.from(withWholeCharacters(line)))
      this.#events++
      return true
    } catch (error) {
      // Stop here: a part of the line can be on disk, and appending after it would corrupt the log.
      this.#warn('Cannot continue the trace', error)
      this.#close()
      return false
    }
  }

  #line({ threadId, turnId }: EventScope, payload: string, at: number): string {
    const { schema_version, rollout_id } = this.#manifest
    const head = { schema_version, seq: this.#events + 1, wall_time_unix_ms: Math.trunc(at), rollout_id }
    const start = JSON.stringify({ ...head, thread_id: threadId, codex_turn_id: turnId })
    return `${start.slice(0, -1)},"payload":${payload}}\n`
  }

  /** Returns the event without its lost payloads. */
  #withoutLost(json: string): string {
    if (this.#lost.size === 0) return json
    const event: unknown = JSON.parse(json)
    if (!isRecord(event)) return json
    for (const [name, value] of Object.entries(event)) {
      const id = isRecord(value) ? value['raw_payload_id'] : undefined
      if (typeof id !== 'string' || !this.#lost.has(id)) continue
      if (!isOptional(String(event['type']), name))
        throw new Error(`${id}, which ${String(event['type'])} needs, is lost`)
      event[name] = null
    }
    return JSON.stringify(event)
  }

  readonly complete = (at: number): void => {
    this.event({ threadId: null, turnId: null }, '{"type":"recording_completed"}', at)
    this.#close()
  }

  readonly stop = (): void => this.#close()

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

const optional = new Set([
  'metadata_payload',
  'agent_message_payload',
  'invocation_payload',
  'result_payload',
  'partial_response_payload',
  'carried_payload',
])

function isOptional(event: string, member: string): boolean {
  return optional.has(member) || (member === 'response_payload' && event.startsWith('code_cell_'))
}

function textOf(json: Text): string {
  return typeof json === 'string' ? json : json()
}

/** Replaces lone surrogates, which JavaScript strings can contain and JSON readers of other languages reject. */
function withWholeCharacters(json: string): string {
  return json.includes('\\ud') ? json.replaceAll(halfCharacter, '$1\ufffd') : json
}

/** `JSON.stringify` escapes lone surrogates, and nothing else, as `\ud…`; after an escaped backslash it is plain text. */
const halfCharacter = /(?<!\\)((?:\\\\)*)\\ud[89a-f][\da-f]{2}/g

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch {
    // The remaining file is referenced by no event.
  }
}
