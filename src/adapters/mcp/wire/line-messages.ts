import { isRecord } from '../../../protocol/json.ts'
import { ObjectScan } from './object-scan.ts'
import { parseWireJson } from './wire-json.ts'
import { maxMessageBytes, type WireMessage, type WireReader } from './wire-reader.ts'

/** An object whose end has not come. Its lines are joined. */
type OpenObject = {
  text: string
  readonly scan: ObjectScan
  /** Whether it starts at the start of a line, and not after other text. */
  readonly isAlone: boolean
}

/**
 * Reads the messages in the lines of a stdio server. The protocol demands one message on a line. A line can also have several, or text
 * before its message, and a message can have several lines.
 */
export class LineMessages {
  readonly #reader: WireReader
  #open: OpenObject | null = null

  constructor(reader: WireReader) {
    this.#reader = reader
  }

  read(line: string): readonly WireMessage[] {
    const value = jsonIn(line)
    if (value !== undefined && (this.#open === null || isMessage(value))) {
      // The request of an object that has no end can have its response here.
      return [...this.#reader.readValue(value), ...this.#abandon()]
    }
    return this.#open === null ? this.#readOdd(line) : this.#extend(this.#open, line)
  }

  /** Reads a line without an end. Only the whole of a message counts: the server has ended. */
  readLast(line: string): readonly WireMessage[] {
    return jsonIn(line) === undefined ? [] : this.read(line)
  }

  /** Gives up an object that has no end. Its request does not get another response. */
  #abandon(): readonly WireMessage[] {
    const open = this.#open
    this.#open = null
    return open?.isAlone === true ? this.#reader.readText(open.text) : []
  }

  #extend(open: OpenObject, line: string): readonly WireMessage[] {
    // A line break in a string is a fault of the server, but has one meaning.
    open.text += open.scan.isInString ? String.raw`\n` : '\n'
    const end = open.scan.endIn(line)
    open.text += end === null ? line : line.slice(0, end)
    if (end === null) return open.text.length > maxMessageBytes ? this.#abandon() : []
    this.#open = null
    return [...this.#readObject(open.text, open.isAlone), ...this.#readOdd(line.slice(end))]
  }

  /** Reads the objects in a line that is not JSON. */
  #readOdd(line: string): readonly WireMessage[] {
    const messages: WireMessage[] = []
    let isAlone = true
    for (let rest = line; ;) {
      const start = rest.search(/\{\s*(?:["'}]|$)/)
      if (start === -1) return messages
      isAlone &&= rest.slice(0, start).trim() === ''
      const text = rest.slice(start)
      const scan = new ObjectScan()
      const end = scan.endIn(text)
      if (end === null) return [...messages, ...this.#begin({ text, scan, isAlone })]
      messages.push(...this.#readObject(text.slice(0, end), isAlone))
      rest = text.slice(end)
    }
  }

  /** A message that ends early settles its request at once. */
  #begin(open: OpenObject): readonly WireMessage[] {
    const messages = open.isAlone ? this.#reader.readText(open.text) : []
    if (messages.length === 0) this.#open = open
    return messages
  }

  #readObject(text: string, isAlone: boolean): readonly WireMessage[] {
    if (isAlone) return this.#reader.readText(text)
    const value = jsonIn(text)
    // Servers log requests and responses, also those of others.
    return isResult(value) ? this.#reader.readValue(value) : []
  }
}

function jsonIn(text: string): unknown {
  try {
    return parseWireJson(text)
  } catch {
    return undefined
  }
}

function isMessage(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isMessage)
  return isRecord(value) && ('jsonrpc' in value || 'result' in value || 'error' in value || 'method' in value)
}

/** Returns whether a value has the form of a response of this protocol. */
function isResult(value: unknown): boolean {
  if (!isRecord(value) || value['jsonrpc'] !== '2.0' || 'method' in value) return false
  const { id, result, error } = value
  if (typeof id !== 'number' && typeof id !== 'string') return false
  if (isRecord(error)) return true
  return isRecord(result) && ['content', 'structuredContent', 'tools', 'protocolVersion'].some((name) => name in result)
}
