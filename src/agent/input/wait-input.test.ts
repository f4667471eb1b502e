import { expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import { parseWaitInput, type WaitInput } from './wait-input.ts'

const defaults = { cellIds: ['1'], yieldTimeMs: 10_000, maxTokens: null, terminate: false }

const accepted: readonly [input: unknown, parsed: WaitInput][] = [
  ['{"cell_id":"1"}', defaults],
  [{ cell_id: '1' }, defaults],
  [
    { cell_id: 'g2:1', yield_time_ms: 0, max_tokens: 5, terminate: true },
    { cellIds: ['g2:1'], yieldTimeMs: 0, maxTokens: 5, terminate: true },
  ],
  ['{"terminate":true,"cell_id":"1","max_tokens":0}', { ...defaults, terminate: true, maxTokens: 0 }],
  ['{"cell_id":"1","max_tokens":null}', defaults],
  ['{"cell_id":"1","extra":1,"extra":2}', defaults],
  [{ cell_id: '1', yield_time_ms: undefined }, defaults],
  ['{"cell_id":"1","yield_time_ms":18446744073709551615}', { ...defaults, yieldTimeMs: 2 ** 64 }],
  ['{"cell_id":""}', { ...defaults, cellIds: [''] }],
]

test.each(accepted)('parseWaitInput() accepts %j', (input, parsed) => {
  expect(parseWaitInput(input)).toEqual(parsed)
})

const refused: readonly [input: unknown, detail: string][] = [
  ['{"cell_id": 1}', 'invalid type: integer `1`, expected a string at line 1 column 13'],
  ['{"cell_id":"1","yield_time_ms":-5}', 'invalid value: integer `-5`, expected u64 at line 1 column 33'],
  ['{"cell_id":"1","yield_time_ms":1.0}', 'invalid type: floating point `1.0`, expected u64 at line 1 column 34'],
  ['{"cell_id":"1","yield_time_ms":2.5e1}', 'invalid type: floating point `25.0`, expected u64 at line 1 column 36'],
  ['{"cell_id":"1","yield_time_ms":"5"}', 'invalid type: string "5", expected u64 at line 1 column 34'],
  ['{"cell_id":"1","yield_time_ms":null}', 'invalid type: null, expected u64 at line 1 column 35'],
  ['{"cell_id":"1","max_tokens":true}', 'invalid type: boolean `true`, expected usize at line 1 column 32'],
  ['{"cell_id":"1","terminate":"yes"}', 'invalid type: string "yes", expected a boolean at line 1 column 32'],
  ['{"cell_id":"1",\n "terminate":[1]}', 'invalid type: sequence, expected a boolean at line 2 column 13'],
  ['{"ä":1,"cell_id":{}}', 'invalid type: map, expected a string at line 1 column 18'],
  ['{"yield_time_ms":5}', 'missing field `cell_id` at line 1 column 19'],
  ['{"cell_id":"1","cell_id":"2"}', 'duplicate field `cell_id` at line 1 column 24'],
  ['[]', 'invalid type: sequence, expected a JSON object'],
  ['5 ', 'invalid type: integer `5`, expected a JSON object'],
  [
    '{"cell_id":"1","yield_time_ms":18446744073709551616}',
    'invalid value: integer `18446744073709551616`, expected u64 at line 1 column 51',
  ],
  [{ toJSON: () => undefined }, 'invalid type: null, expected a JSON object'],
  [{ yield_time_ms: 5 }, 'missing field `cell_id`'],
  [{ cell_id: 1 }, 'invalid type: integer `1`, expected a string'],
  [{ cell_id: '1', yield_time_ms: 0.5 }, 'invalid type: floating point `0.5`, expected u64'],
  [{ cell_id: '1', yield_time_ms: Number.NaN }, 'invalid type: null, expected u64'],
]

test.each(refused)('parseWaitInput() refuses %j', (input, detail) => {
  const message = `failed to parse function arguments: ${detail}`
  expect(() => parseWaitInput(input)).toThrow(new CodecellError('WAIT_INPUT_INVALID', message))
})

test.each(['', 'not json', '{"cell_id":"1"'])('parseWaitInput() refuses %j, which is not JSON', (input) => {
  expect(() => parseWaitInput(input)).toThrow(/^failed to parse function arguments: ./)
})

test('null stands for an absent optional argument of an object, and not for the cell id', () => {
  const nulls = { yield_time_ms: null, max_tokens: null, terminate: null, cell_ids: null }
  expect(parseWaitInput({ cell_id: '1', ...nulls }, { several: true })).toEqual(defaults)
  expect(() => parseWaitInput({ cell_id: null })).toThrow('invalid type: null, expected a string')
})

test.each([[null], [undefined], [5], [['1']]])(
  'parseWaitInput() refuses %j, which is neither text nor an object',
  (input) => {
    expect(() => parseWaitInput(input)).toThrow(new CodecellError('WAIT_INPUT_INVALID', 'wait expects JSON arguments'))
  },
)

test('parseWaitInput() refuses a circular object', () => {
  const circular: Record<string, unknown> = { cell_id: '1' }
  circular['self'] = circular
  expect(() => parseWaitInput(circular)).toThrow(/^failed to parse function arguments: Converting circular/)
})
