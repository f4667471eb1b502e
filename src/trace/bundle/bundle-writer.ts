import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../errors.ts'
import { callGuarded } from '../../protocol/guarded-calls.ts'
import type { TraceManifest } from '../format/raw-event.ts'
import { LostPayloads } from './lost-payloads.ts'
import { FileStore, ShardStore, writeWhole, type PayloadStore, type StoredPayload } from './payload-store.ts'
import { withWholeCharacters } from './recordable-json.ts'
import type { TraceSchema } from './trace-schema.ts'

/** The thread and turn of an event; both are null for an event that belongs to no thread. */
export type EventScope = { readonly threadId: string | null; readonly turnId: string | null }

/** The location, the ids and the start of a bundle. */
export type BundleStart = {
  readonly root: string
  readonly rootThreadId: string
  readonly schema: TraceSchema
  /** @default a random UUID */
  readonly traceId?: string | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly onWarning?: ((message: string) => void) | undefined
}

/** An event in JSON, with its time in milliseconds since 1970. */
export type StoredEvent = { readonly scope: EventScope; readonly json: string; readonly at: number }

/** Writes one bundle from serialized JSON. No method throws; each returns whether it succeeded. */
export type BundleWriter = {
  /** Null if the bundle could not be created. */
  readonly directory: string | null
  /** Writes payloads before the events that refer to them. */
  readonly payloads: (payloads: readonly StoredPayload[]) => boolean
  /** Appends events without their lost payloads. */
  readonly events: (events: readonly StoredEvent[]) => boolean
  readonly complete: (at: number) => void
  /** Closes the log without marking the recording as complete. */
  readonly stop: () => void
  /** Warns that a part of the trace is missing. */
  readonly warn: (what: string, error: unknown) => void
}

/** Returns the name of a bundle's folder. Ids can contain any character; the name of a folder cannot. */
export function bundleName(traceId: string, rootThreadId: string): string {
  return `trace-${fileName(traceId)}-${fileName(rootThreadId)}`
}

function fileName(id: string): string {
  return id.replace(/[^\w-]/g, '_').slice(0, 80)
}

export function startBundle(start: BundleStart): BundleWriter {
  let isWarned = false
  const warn = (what: string, error: unknown): void => {
    if (isWarned) return
    isWarned = true
    // An exception of the callback must not reach the recorded program.
    callGuarded(
      () => start.onWarning?.(`${what}: ${messageOf(error)}`),
      () => undefined,
    )
  }
  try {
    return new DiskBundle(createBundle(start), warn)
  } catch (error) {
    warn('Cannot start the trace', error)
    return {
      directory: null,
      payloads: () => false,
      events: () => false,
      complete: () => undefined,
      stop: () => undefined,
      warn,
    }
  }
}

type Bundle = { readonly directory: string; readonly manifest: TraceManifest; readonly log: number }

function createBundle({ root, rootThreadId, schema, traceId = randomUUID(), startedAt }: BundleStart): Bundle {
  const directory = join(root, bundleName(traceId, rootThreadId))
  mkdirSync(root, { recursive: true })
  mkdirSync(directory, { mode: 0o700 })
  mkdirSync(join(directory, 'payloads'), { mode: 0o700 })
  const manifest: TraceManifest = {
    schema_version: schema,
    trace_id: traceId,
    rollout_id: rootThreadId,
    root_thread_id: rootThreadId,
    started_at_unix_ms: startedAt,
    raw_event_log: 'trace.jsonl',
    payloads_dir: 'payloads',
  }
  const text = withWholeCharacters(`${JSON.stringify(manifest, null, 2)}\n`)
  writeFileSync(join(directory, 'manifest.json'), text, { flag: 'wx', mode: 0o600 })
  return { directory, manifest, log: openSync(join(directory, 'trace.jsonl'), 'ax', 0o600) }
}

class DiskBundle implements BundleWriter {
  readonly directory: string
  readonly warn: (what: string, error: unknown) => void
  readonly #manifest: TraceManifest
  readonly #store: PayloadStore
  readonly #lost: LostPayloads
  #log: number | undefined
  #events = 0

  constructor({ directory, manifest, log }: Bundle, warn: (what: string, error: unknown) => void) {
    const isSharded = manifest.schema_version !== 2
    this.directory = directory
    this.warn = warn
    this.#manifest = manifest
    this.#log = log
    this.#store = isSharded ? new ShardStore(directory) : new FileStore(directory)
    this.#lost = new LostPayloads(isSharded)
  }

  readonly payloads = (payloads: readonly StoredPayload[]): boolean => {
    if (this.#log === undefined) return false
    let isWritten = true
    this.#store.write(payloads, (payload, error) => {
      isWritten = false
      this.warn(`Cannot write payload ${payload.number} of the trace`, error)
      this.#lost.add(payload)
    })
    return isWritten
  }

  readonly events = (events: readonly StoredEvent[]): boolean => {
    if (this.#log === undefined) return false
    const lines: string[] = []
    let problem: { readonly error: unknown } | undefined
    for (const event of events) {
      try {
        lines.push(this.#line(event))
      } catch (error) {
        problem = { error }
        break
      }
    }
    try {
      writeWhole(this.#log, Buffer.from(withWholeCharacters(lines.join(''))))
    } catch (error) {
      problem = { error }
    }
    if (problem === undefined) return true
    // Stop here: a part of a line can be on disk, and appending after it would corrupt the log.
    this.warn('Cannot continue the trace', problem.error)
    this.#close()
    return false
  }

  #line({ scope, json, at }: StoredEvent): string {
    const payload = this.#lost.removeFrom(json)
    const { schema_version, rollout_id } = this.#manifest
    const head = { schema_version, seq: this.#events + 1, wall_time_unix_ms: Math.trunc(at), rollout_id }
    const start = JSON.stringify({ ...head, thread_id: scope.threadId, codex_turn_id: scope.turnId })
    this.#events++
    return `${start.slice(0, -1)},"payload":${payload}}\n`
  }

  readonly complete = (at: number): void => {
    this.events([{ scope: { threadId: null, turnId: null }, json: '{"type":"recording_completed"}', at }])
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
      this.warn('Cannot close the trace', error)
    }
  }
}
