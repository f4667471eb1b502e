import { expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import type { ContentItem } from '../../protocol/content-item.ts'
import type { CellOutcome } from '../../session/api/outcome.ts'
import { errorResponse, formatHeader, formatResponse, type ModelResponse, type ResponseStatus } from './response.ts'

const headers: readonly [status: ResponseStatus, header: string][] = [
  [
    { outcome: 'yielded', cellId: 'g2:1', durationMs: 31_000 },
    'Script running with cell ID g2:1\nWall time 31.0 seconds\nOutput:\n',
  ],
  [{ outcome: 'completed', durationMs: 0 }, 'Script completed\nWall time 0.0 seconds\nOutput:\n'],
  [{ outcome: 'terminated', durationMs: 649 }, 'Script terminated\nWall time 0.6 seconds\nOutput:\n'],
  [{ outcome: 'failed', durationMs: 960 }, 'Script failed\nWall time 1.0 seconds\nOutput:\n'],
  [{ outcome: 'missing', durationMs: 1 }, 'Script failed\nWall time 0.0 seconds\nOutput:\n'],
]

test.each(headers)('formatHeader() formats %j', (status, header) => {
  expect(formatHeader(status)).toBe(header)
})

const stalledText =
  'This script awaits something that no tool call, timer or other event can settle, so it will never finish: stop it with wait, cell_id "1" and terminate: true.'
const running = 'Script running with cell ID 1\nWall time 0.1 seconds\nOutput:\n'
const cell = { cellId: '1', durationMs: 100 }

const responses: readonly [what: string, outcome: CellOutcome, response: ModelResponse][] = [
  [
    'a cell that is still running',
    { type: 'yielded', ...cell, items: [text('a')], stalled: false },
    { items: [text(running), text('a')], success: true, cellId: '1' },
  ],
  [
    'a cell that can never finish',
    { type: 'yielded', ...cell, items: [text('a')], stalled: true },
    { items: [text(running), text('a'), text(stalledText)], success: true, cellId: '1' },
  ],
  [
    'a cell that completed, without its empty texts',
    { type: 'completed', ...cell, items: [text(''), text('a'), text('')] },
    { items: [text('Script completed\nWall time 0.1 seconds\nOutput:\n'), text('a')], success: true, cellId: null },
  ],
  [
    'a cell that failed',
    { type: 'failed', ...cell, items: [text('a')], errorText: 'bad', limit: null },
    {
      items: [text('Script failed\nWall time 0.1 seconds\nOutput:\n'), text('a'), text('Script error:\nbad')],
      success: false,
      cellId: null,
    },
  ],
  [
    'a cell that failed without a text',
    { type: 'failed', ...cell, items: [], errorText: '', limit: null },
    {
      items: [text('Script failed\nWall time 0.1 seconds\nOutput:\n'), text('Script error:\n')],
      success: false,
      cellId: null,
    },
  ],
  [
    'a cell that was terminated',
    { type: 'terminated', ...cell, items: [] },
    { items: [text('Script terminated\nWall time 0.1 seconds\nOutput:\n')], success: true, cellId: null },
  ],
  [
    'a cell that does not exist',
    { type: 'missing', ...cell, errorText: 'exec cell 1 not found' },
    {
      items: [text('Script failed\nWall time 0.1 seconds\nOutput:\n'), text('Script error:\nexec cell 1 not found')],
      success: false,
      cellId: null,
    },
  ],
]

test.each(responses)('formatResponse() formats %s', (_what, outcome, response) => {
  expect(formatResponse(outcome, { maxOutputTokens: null })).toEqual(response)
})

test('the error text counts against the budget', () => {
  const outcome: CellOutcome = { type: 'failed', ...cell, items: [], errorText: 'e'.repeat(60), limit: null }
  expect(formatResponse(outcome, { maxOutputTokens: 4 }).items[1]).toEqual(
    text(
      'Warning: truncated output (original token count: 19)\nTotal output lines: 2\n\nScript e…15 tokens truncated…eeeeeeee',
    ),
  )
})

test('the header and the note about a stalled cell do not count against the budget', () => {
  const outcome: CellOutcome = { type: 'yielded', ...cell, items: [], stalled: true }
  expect(formatResponse(outcome, { maxOutputTokens: 0 }).items).toEqual([text(running), text(stalledText)])
})

test('the default budget is 10,000 tokens', () => {
  const itemsOf = (length: number): readonly ContentItem[] =>
    formatResponse(
      { type: 'completed', ...cell, items: [text('x'.repeat(length))] },
      { maxOutputTokens: null },
    ).items.slice(1)
  expect(itemsOf(40_000)).toEqual([text('x'.repeat(40_000))])
  expect(itemsOf(40_001)).toEqual([
    text(
      `Warning: truncated output (original token count: 10001)\nTotal output lines: 1\n\n${'x'.repeat(20_000)}…1 tokens truncated…${'x'.repeat(20_000)}`,
    ),
  ])
})

test('errorResponse() contains the message of the error', () => {
  const error = new CodecellError('CELL_BUSY', 'exec cell 1 already has an active observer')
  expect(errorResponse(error)).toEqual({ items: [text(error.message)], success: false, cellId: null })
  expect(errorResponse('gone').items).toEqual([text('gone')])
})

function text(value: string): ContentItem {
  return { type: 'input_text', text: value }
}
