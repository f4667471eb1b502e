import { parseWireJson } from './wire-json.ts'
import { maxMessageBytes } from './wire-reader.ts'

/** An event, with its lines in the order in which they came. */
export type StreamEvent = {
  /** The lines except those with data. */
  readonly fields: readonly string[]
  readonly data: string | null
  /** Whether the client takes the data as a message. */
  readonly isMessage: boolean
  /** The id from which the client can resume the stream; empty when the event has none. */
  readonly id: string
}

/**
 * Yields the events of a stream. An incomplete event at the end is dropped, as the standard says, unless its data is the whole of a
 * message.
 */
export async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder()
  let text = ''
  let lines: string[] = []
  let size = 0
  let endsWithCr = false
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (size > maxMessageBytes) throw new RangeError(`an event of the server exceeds ${maxMessageBytes} bytes`)
    const decoded = decoder.decode(chunk, { stream: true })
    if (decoded === '') continue
    // A line break can be in two chunks. The first half must not wait for the second.
    const fresh: string = endsWithCr && decoded.startsWith('\n') ? decoded.slice(1) : decoded
    endsWithCr = fresh.endsWith('\r')
    const [first = '', ...others] = fresh.split(/\r\n|\n|\r/)
    const complete = [text + first, ...others]
    text = complete.pop() ?? ''
    for (const line of complete) {
      if (line !== '') {
        lines.push(line)
        continue
      }
      if (lines.length > 0) yield eventOf(lines)
      lines = []
      size = text.length
    }
  }
  const last = eventOf([...lines, text])
  if (last.data !== null && isJson(last.data)) yield last
}

function isJson(text: string): boolean {
  try {
    parseWireJson(text)
    return true
  } catch {
    return false
  }
}

function eventOf(lines: readonly string[]): StreamEvent {
  const data = lines.flatMap((line) => (isField(line, 'data') ? [valueOf(line)] : []))
  const types = lines.filter((line) => isField(line, 'event')).map(valueOf)
  const fields = lines.filter((line) => !isField(line, 'data'))
  const type = types.at(-1) ?? ''
  return {
    fields,
    data: data.length === 0 ? null : data.join('\n'),
    isMessage: type === '' || type === 'message',
    id:
      lines
        .filter((line) => isField(line, 'id'))
        .map(valueOf)
        .at(-1) ?? '',
  }
}

/** Returns the text of an event. */
export function eventText(fields: readonly string[], data: string | null): string {
  const lines = data === null ? [] : data.split('\n').map((line) => `data: ${line}`)
  return `${[...fields, ...lines].join('\n')}\n\n`
}

function isField(line: string, name: string): boolean {
  return line === name || line.startsWith(`${name}:`)
}

function valueOf(line: string): string {
  return line.replace(/^[^:]*:? ?/, '')
}
