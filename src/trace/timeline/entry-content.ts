import { CodecellError } from '../../errors.ts'
import { isRecord } from '../../protocol/json.ts'
import { invocationText, jsonText } from '../format/payload-text.ts'
import type { PayloadReference } from '../format/raw-event.ts'
import type { TracePayloads } from '../reducer/reducer-state.ts'
import { mcpErrorText } from '../format/mcp-result.ts'
import { itemText } from '../format/printed-items.ts'
import type { TimelineEntry } from './timeline-entry.ts'

/** The input, output and error of an entry: a string as it was, or JSON. The output of a cell is everything that it printed. */
export type EntryContent = {
  readonly input: string | null
  readonly output: string | null
  readonly error: string | null
  /** The response to `exec` as the model got it, without its status; null for other entries. */
  readonly modelOutput: string | null
}

/** Reads the payloads of an entry. The result for a missing or damaged payload is null. Requests to models are not read. */
export function readEntryContent(entry: TimelineEntry, payloads: TracePayloads): Omit<EntryContent, 'modelOutput'> {
  const values = entry.outputPayloads.map((reference) => payloadValue(reference, payloads))
  if (entry.type === 'inference' || entry.type === 'compaction') return { input: null, ...answerOf(values[0]) }
  if (entry.inputPayload === null && values.length === 0) return { input: entry.text, output: null, error: null }
  const invocation = entry.inputPayload === null ? undefined : payloadValue(entry.inputPayload, payloads)
  return { input: invocationText(invocation), ...resultOf(values[0], entry.status) }
}

/** Reads a payload; undefined if it is missing or damaged, so that one bad file does not hide the rest of a trace. */
export function payloadValue(reference: PayloadReference, payloads: TracePayloads): unknown {
  try {
    return payloads.has(reference) ? payloads.read(reference) : undefined
  } catch (error) {
    if (error instanceof CodecellError) return undefined
    throw error
  }
}

type Ending = Pick<EntryContent, 'output' | 'error'>

function answerOf(value: unknown): Ending {
  const fields = isRecord(value) ? value : {}
  const items: unknown[] = Array.isArray(fields['output_items']) ? fields['output_items'] : []
  const texts = items.map((item) => (isRecord(item) && item['type'] === 'message' ? itemsText(item['content']) : null))
  return { output: joined(texts), error: null }
}

function resultOf(value: unknown, status: string): Ending {
  if (!isRecord(value)) return { output: jsonText(value), error: null }
  if (value['type'] === 'error') return { output: null, error: textOrJson(value['error']) }
  const item = value['response_item']
  const result = isRecord(item) ? item['output'] : 'value' in value ? value['value'] : value
  const output = isRecord(item) ? outputText(result) : jsonText(result)
  const error = mcpErrorText(result)
  if (error !== null) return { output, error }
  return status === 'failed' && isRecord(item) ? { output: null, error: output } : { output, error: null }
}

function outputText(output: unknown): string | null {
  return Array.isArray(output) ? itemsText(output) : textOrJson(output)
}

function itemsText(items: unknown): string | null {
  return Array.isArray(items) ? joined(items.map((item: unknown) => itemText(item))) : null
}

function joined(texts: readonly (string | null)[]): string | null {
  const present = texts.filter((text) => text !== null)
  return present.length === 0 ? null : present.join('\n')
}

function textOrJson(value: unknown): string | null {
  return typeof value === 'string' ? value : jsonText(value)
}
