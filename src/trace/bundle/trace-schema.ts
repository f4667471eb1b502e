import { CodecellError } from '../../errors.ts'
import { shownValue } from '../../options/check-options.ts'
import type { PayloadReference, RawPayload } from '../format/raw-event.ts'

/** A version of the format that can be written. */
export type TraceSchema = 2 | 3

const defaultSchema: TraceSchema = 3

/** Checks the option `schema`. Throws `INVALID_OPTION`. */
export function checkSchema(where: string, schema: unknown): TraceSchema {
  if (schema === undefined) return defaultSchema
  if (schema === 2 || schema === 3) return schema
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot use ${shownValue(schema)} as option "schema" of ${where}: expected 2 or 3`,
    {
      details: { option: `${where}.schema`, expected: '2 or 3' },
    },
  )
}

/** An event with the members that only codecell's readers know. */
export type RecordedEvent = RawPayload & { readonly record?: string }

/**
 * Returns an event as a schema has it, null if the schema has no such event. Schema 2 does not know what schema 3 added; schema 3
 * needs the prepared prompt of every request.
 */
export function eventOfSchema(
  schema: TraceSchema,
  event: RecordedEvent,
  prompt: () => PayloadReference,
): RecordedEvent | null {
  if (schema === 2) return eventOfSchema2(event)
  if (event.type !== 'inference_started' || (event.prepared_prompt_payload ?? null) !== null) return event
  return { ...event, prepared_prompt_payload: prompt() }
}

function eventOfSchema2(event: RecordedEvent): RecordedEvent | null {
  switch (event.type) {
    case 'code_cell_wait_target_resolved':
      return null
    case 'history_item_accepted': {
      const { tool_output_payload: _, ...rest } = event
      return rest
    }
    case 'inference_started': {
      const {
        prepared_prompt_payload: _prompt,
        warmup_context_payload: _context,
        stripped_tool_output_ids: _ids,
        ...rest
      } = event
      return rest
    }
    default:
      return event
  }
}

/** The prepared prompt of all requests of a bundle: the recorder sees requests only. */
export const preparedPrompt = '{"same_as":"request_payload"}'
