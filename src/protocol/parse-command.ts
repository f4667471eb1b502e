import type { JournaledCommand, StartCommand } from './command.ts'
import { MessageReader, violation } from './message-reader.ts'

/** Parses a command as journals and records have it: a message to a host without the number of its cell. Throws `PROTOCOL_VIOLATION`. */
export function parseJournaledCommand(value: unknown): JournaledCommand {
  const read = new MessageReader(value)
  const type = read.string('type')
  const command = readJournaledCommand(type, read)
  if (command === null) throw violation(`"${type.slice(0, 40)}" is not a command of a journal`)
  return command
}

/** Parses the command that starts a cell. Throws `PROTOCOL_VIOLATION`. */
export function parseStartCommand(value: unknown): StartCommand {
  const read = new MessageReader(value)
  const type = read.string('type')
  if (type !== 'start') throw violation(`expected the command "start", got "${type.slice(0, 40)}"`)
  return readStartCommand(read)
}

/** Reads the fields of a command that a journal holds; null for another type. */
export function readJournaledCommand(type: string, read: MessageReader): JournaledCommand | null {
  switch (type) {
    case 'tool_response':
    case 'tool_error':
      return { type, time: read.number('time'), id: read.count('id'), body: read.string('body') }
    case 'timeout_fired':
      return { type, time: read.number('time'), id: read.count('id') }
    default:
      return null
  }
}

export function readStartCommand(read: MessageReader): StartCommand {
  return {
    type: 'start',
    time: read.number('time'),
    seed: read.number('seed'),
    catalogue: read.count('catalogue'),
    limits: read.limits(),
    places: read.places(),
    body: read.string('body'),
  }
}
