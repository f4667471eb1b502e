import type { CodecellError } from '../errors.ts'
import type { FromHost, ToHost } from './message.ts'
import { MessageReader, violation } from './message-reader.ts'
import { readJournaledCommand, readStartCommand } from './parse-command.ts'
import { readCellEvent } from './parse-event.ts'
import { splitTexts } from './text-run.ts'

/**
 * Parses an untrusted value into the messages of a host that it stands for. Throws `PROTOCOL_VIOLATION`. Unknown fields are
 * dropped. The receiver checks whether a message fits the state of its cell.
 */
export function parseFromHost(value: unknown): readonly FromHost[] {
  const read = new MessageReader(value)
  const type = read.string('type')
  if (type !== 'texts') return [parseOne(type, read)]
  const cell = read.count('cell')
  const texts = read.strings('texts')
  const places = read.countsOrNone('places')
  if (places !== undefined && places.length !== 2 * texts.length)
    throw violation(`"places" has ${places.length} numbers for ${texts.length} texts`)
  return splitTexts({ cell, texts, ...(places === undefined ? {} : { places }) })
}

function parseOne(type: string, read: MessageReader): FromHost {
  switch (type) {
    case 'ready':
      return { type, version: read.count('version'), pid: read.count('pid'), engine: read.engine() }
    case 'pong':
      return { type, id: read.count('id') }
    case 'handled':
      return { type, cell: read.count('cell'), count: read.count('count') }
    case 'output_wanted':
      return { type, cell: read.count('cell'), output: read.count('output') }
    case 'remarks':
      return remarksOf(read)
    case 'stopped':
      return { type, cell: read.count('cell') }
    case 'stuck':
    case 'displaced':
    case 'not_restored':
      return { type, cell: read.count('cell'), body: read.string('body') }
    case 'snapshot':
      return { type, cell: read.count('cell'), commands: read.count('commands'), body: read.string('body') }
    default: {
      const event = readCellEvent(type, read)
      if (event === null) throw unknownType(type)
      return { cell: read.count('cell'), ...event }
    }
  }
}

function remarksOf(read: MessageReader): FromHost {
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

/** Parses a message to a host. Its sender started the host, so only the shape is checked. Throws `PROTOCOL_VIOLATION`. */
export function parseToHost(value: unknown): ToHost {
  const read = new MessageReader(value)
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
      return { cell: read.count('cell'), ...readStartCommand(read) }
    case 'terminate':
      return { type, cell: read.count('cell') }
    case 'evict':
      return { type, cell: read.count('cell'), minCpuMs: read.count('minCpuMs') }
    case 'restore':
      return { type, cell: read.count('cell'), body: read.string('body') }
    default: {
      const command = readJournaledCommand(type, read)
      if (command === null) throw unknownType(type)
      return { cell: read.count('cell'), ...command }
    }
  }
}

function unknownType(type: string): CodecellError {
  return violation(`unknown message type "${type.slice(0, 40)}"`)
}
