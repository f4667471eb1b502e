import { CodecellError } from '../errors.ts'
import type { CellLimitName } from './cell-limits.ts'
import { isImageDetail } from './content-item.ts'
import type { LocationScope } from './command.ts'
import { isRecord } from './json.ts'
import type { FromHost, ToHost } from './message.ts'

/**
 * Turns an untrusted value into the messages of a host that it stands for, or throws `PROTOCOL_VIOLATION`. Unknown fields
 * are dropped. What a message may say in the state its cell is in is checked by whoever receives it.
 */
export function parseFromHost(value: unknown): readonly FromHost[] {
  const read = new FieldReader(value)
  const type = read.string('type')
  if (type !== 'texts') return [parseOne(type, read)]
  const cell = read.count('cell')
  return read.strings('texts').map((body) => ({ type: 'text', cell, body }))
}

function parseOne(type: string, read: FieldReader): FromHost {
  switch (type) {
    case 'ready':
      return { type, version: read.count('version'), pid: read.count('pid') }
    case 'pong':
      return { type, id: read.count('id') }
    case 'handled':
      return { type, cell: read.count('cell'), count: read.count('count') }
    case 'output_wanted':
      return { type, cell: read.count('cell'), output: read.count('output') }
    case 'remarks':
      return remarksOf(read)
    case 'stopped':
    case 'started':
    case 'yield_requested':
    case 'completed':
      return { type, cell: read.count('cell') }
    case 'stuck':
    case 'rejected':
    case 'text':
    case 'audio':
    case 'notify':
      return { type, cell: read.count('cell'), body: read.string('body') }
    case 'image':
      return { type, cell: read.count('cell'), detail: read.detail(), body: read.string('body') }
    case 'tool_call':
      return {
        type,
        cell: read.count('cell'),
        id: read.count('id'),
        tool: read.string('tool'),
        body: read.string('body'),
      }
    case 'place':
      return { type, cell: read.count('cell'), line: read.count('line'), column: read.count('column') }
    case 'timer_set':
      return {
        type,
        cell: read.count('cell'),
        id: read.count('id'),
        delay: read.number('delay'),
        time: read.number('time'),
      }
    case 'timer_cleared':
      return { type, cell: read.count('cell'), id: read.count('id') }
    case 'stored':
      return { type, cell: read.count('cell'), key: read.string('key'), body: read.string('body') }
    case 'failed':
      return { type, cell: read.count('cell'), limit: read.limit(), body: read.string('body') }
    default:
      throw violation(`unknown message type "${type.slice(0, 40)}"`)
  }
}

function remarksOf(read: FieldReader): FromHost {
  return {
    type: 'remarks',
    cell: read.count('cell'),
    printed: read.count('printed'),
    notified: read.count('notified'),
    stored: read.count('stored'),
    passed: read.count('passed'),
    spelled: read.count('spelled'),
    isRejected: read.boolean('isRejected'),
    body: read.string('body'),
  }
}

/** The same for what a host receives. Its sender is the process that started it, so only the shape is looked at. */
export function parseToHost(value: unknown): ToHost {
  const read = new FieldReader(value)
  const type = read.string('type')
  switch (type) {
    case 'hello':
      return { type, version: read.count('version'), spares: read.count('spares'), memoryMb: read.count('memoryMb') }
    case 'catalogue':
      return { type, catalogue: read.count('catalogue'), body: read.string('body') }
    case 'forget_catalogue':
      return { type, catalogue: read.count('catalogue') }
    case 'ping':
      return { type, id: read.count('id') }
    case 'kept_output':
      return {
        type,
        cell: read.count('cell'),
        output: read.count('output'),
        found: read.boolean('found'),
        body: read.string('body'),
      }
    case 'preload':
      return { type, cell: read.count('cell'), key: read.string('key'), body: read.string('body') }
    case 'start':
      return {
        type,
        cell: read.count('cell'),
        time: read.number('time'),
        seed: read.number('seed'),
        catalogue: read.count('catalogue'),
        limits: read.limits(),
        places: read.places(),
        body: read.string('body'),
      }
    case 'tool_response':
    case 'tool_error':
      return {
        type,
        cell: read.count('cell'),
        time: read.number('time'),
        id: read.count('id'),
        body: read.string('body'),
      }
    case 'timeout_fired':
      return { type, cell: read.count('cell'), time: read.number('time'), id: read.count('id') }
    case 'terminate':
      return { type, cell: read.count('cell') }
    default:
      throw violation(`unknown message type "${type.slice(0, 40)}"`)
  }
}

class FieldReader {
  readonly #record: Record<string, unknown>

  constructor(value: unknown) {
    if (!isRecord(value)) throw violation('a message is no object')
    this.#record = value
  }

  string(name: string): string {
    const value = this.#record[name]
    if (typeof value !== 'string') throw violation(`"${name}" is no text`)
    return value
  }

  strings(name: string): readonly string[] {
    const value = this.#record[name]
    if (!Array.isArray(value)) throw violation(`"${name}" is no list`)
    return value.map((element: unknown) => {
      if (typeof element !== 'string') throw violation(`"${name}" holds something that is no text`)
      return element
    })
  }

  boolean(name: string): boolean {
    const value = this.#record[name]
    if (typeof value !== 'boolean') throw violation(`"${name}" is neither true nor false`)
    return value
  }

  number(name: string): number {
    const value = this.#record[name]
    if (typeof value !== 'number') throw violation(`"${name}" is no number`)
    return value
  }

  count(name: string): number {
    const value = this.number(name)
    if (!Number.isSafeInteger(value) || value < 0) throw violation(`"${name}" is no count`)
    return value
  }

  countOr(name: string, otherwise: number): number {
    return this.#record[name] === undefined ? otherwise : this.count(name)
  }

  detail(): 'auto' | 'low' | 'high' | 'original' {
    const value = this.#record['detail']
    if (!isImageDetail(value)) throw violation('"detail" is no image detail')
    return value
  }

  limit(): CellLimitName | null {
    const value = this.#record['limit']
    switch (value) {
      case null:
      case 'memory':
      case 'cpu_ms':
      case 'stall_ms':
      case 'output_bytes':
      case 'events':
        return value
      default:
        throw violation('"limit" is no limit')
    }
  }

  /** Older records say whether there are places at all. */
  places(): LocationScope {
    const value = this.#record['places']
    if (value === 'none' || value === 'calls' || value === 'all') return value
    return this.boolean('places') ? 'all' : 'none'
  }

  limits(): Extract<ToHost, { readonly type: 'start' }>['limits'] {
    const of = new FieldReader(this.#record['limits'])
    return {
      memoryMb: of.count('memoryMb'),
      cpuMs: of.count('cpuMs'),
      stallMs: of.count('stallMs'),
      outputBytes: of.count('outputBytes'),
      errorBytes: of.count('errorBytes'),
      toolCalls: of.count('toolCalls'),
      pendingToolCalls: of.count('pendingToolCalls'),
      argumentBytes: of.count('argumentBytes'),
      jsonDepth: of.count('jsonDepth'),
      notifications: of.count('notifications'),
      notificationBytes: of.count('notificationBytes'),
      storedValueBytes: of.count('storedValueBytes'),
      storedBytes: of.count('storedBytes'),
      storedKeys: of.count('storedKeys'),
      timers: of.count('timers'),
      // Older records have no limit of these.
      pendingArgumentBytes: of.countOr('pendingArgumentBytes', Number.MAX_SAFE_INTEGER),
      events: of.countOr('events', Number.MAX_SAFE_INTEGER),
    }
  }
}

function violation(what: string): CodecellError {
  return new CodecellError('PROTOCOL_VIOLATION', `Cannot read a message: ${what}`)
}
