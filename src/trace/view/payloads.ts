import { CodecellError } from '../../errors.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import { memberOf, textOf } from '../format/json-access.ts'
import type { TraceState } from '../format/trace-state.ts'
import { reasonOf, type ViewTexts } from './bounded-texts.ts'

/** Reads the payload files of a bundle. Both can throw `TRACE_UNREADABLE`, `read` also `TRACE_INVALID`. */
export type PayloadFiles = {
  readonly size: (reference: PayloadReference) => number
  readonly read: (reference: PayloadReference) => unknown
}

/** The maximum size of a payload that is read for a preview, and of all of them, in bytes. */
const maxPayloadBytes = 2 ** 22
const maxPayloadsBytes = 2 ** 28

/** Reads payloads. A payload that cannot be read is reported, and gives `undefined`. */
export class ViewPayloads {
  readonly #files: PayloadFiles
  readonly #references: TraceState['raw_payloads']
  readonly #texts: ViewTexts
  #left = maxPayloadsBytes

  constructor(files: PayloadFiles, references: TraceState['raw_payloads'], texts: ViewTexts) {
    this.#files = files
    this.#references = references
    this.#texts = texts
  }

  readById(id: string | null): unknown {
    return id !== null && Object.hasOwn(this.#references, id) ? this.read(this.#references[id]) : undefined
  }

  read(reference: PayloadReference | null | undefined): unknown {
    if (reference === null || reference === undefined) return undefined
    try {
      const size = this.#files.size(reference)
      if (size > maxPayloadBytes)
        return this.#fail(reference, `it has ${size} bytes; the maximum is ${maxPayloadBytes}`)
      if (size > this.#left) return this.#fail(reference, 'the payloads before it have reached the maximum')
      this.#left -= size
      return this.#files.read(reference)
    } catch (error) {
      if (!(error instanceof CodecellError)) throw error
      return this.#fail(reference, reasonOf(error))
    }
  }

  #fail({ raw_payload_id: id }: PayloadReference, reason: string): undefined {
    this.#texts.report(`No preview of ${JSON.stringify(id)}: ${reason}`)
  }
}

/** The result of a tool as text, and the text of an error: of the call, or of a result that says that it is an error. */
export type ResultTexts = { readonly output: string | null; readonly error: string | null }

export function resultTexts(result: unknown): ResultTexts {
  const error = textOf(memberOf(result, 'error'))
  if (error !== null) return { output: null, error }
  const item = memberOf(result, 'response_item')
  const output = item === undefined ? plainText(memberOf(result, 'value')) : outputText(item)
  return { output, error: toolErrorText(item === undefined ? memberOf(result, 'value') : memberOf(item, 'output')) }
}

/** Returns the text of an MCP result with `isError`; null for any other value. `value` can be JSON in a string. */
export function toolErrorText(value: unknown): string | null {
  const result = typeof value === 'string' && value.includes('"isError"') ? parsedOr(value) : value
  if (memberOf(result, 'isError') !== true) return null
  const content = memberOf(result, 'content')
  return Array.isArray(content) ? contentText(content) : (plainText(result) ?? '')
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Returns the text of an output item. */
function outputText(item: unknown): string | null {
  const output = memberOf(item, 'output')
  const content = Array.isArray(output) ? output : memberOf(output, 'content')
  return Array.isArray(content) ? contentText(content) : plainText(output)
}

/** Joins content items; an item without text is shown by its type. */
export function contentText(items: readonly unknown[]): string {
  let all = ''
  for (const item of items) {
    const text = textOf(memberOf(item, 'text')) ?? `[${typeName(item)}]`
    all += (all === '' || all.endsWith('\n') ? '' : '\n') + text
  }
  return all
}

function typeName(item: unknown): string {
  return textOf(memberOf(item, 'type'))?.slice(0, 40) ?? 'item'
}

function plainText(value: unknown): string | null {
  return textOf(value) ?? jsonText(value)
}

function jsonText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
