import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTraceWriter, makeViewData, openTraceBundle, type ViewText } from '../../src/trace.ts'
import { traceViewHtml } from '../../src/trace-view.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { anyCharacter } from '../support/any-character.ts'
import { newFolder } from '../support/folder.ts'
import { sampleBundle, traceId } from '../trace/view/write-sample.ts'
import { blockOf, page } from './page.ts'

describe('traceViewHtml()', () => {
  test('a page has the data and all payloads, and can run its own script alone', () => {
    const directory = sampleBundle()
    const html = traceViewHtml({ directory, page })
    const bundle = openTraceBundle(directory)
    const data = makeViewData(bundle)
    expect(blockOf(html, 'codecell-data')).toEqual(data)
    expect(blockOf(html, 'codecell-payloads')).toEqual(
      Object.fromEntries(data.payloads.map(({ id, path }) => [id, JSON.parse(bundle.readText(path))])),
    )
    expect(html).toMatch(
      /<head><meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'unsafe-inline'; img-src data:; media-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'">/,
    )
  })

  test('a page omits the largest payloads and reports it', () => {
    const directory = sampleBundle()
    writeFileSync(join(directory, 'payloads/6.json'), `{"big":"${'a'.repeat(5000)}"}`)
    writeFileSync(join(directory, 'payloads/7.json'), '{no json}')
    const html = traceViewHtml({ directory, page, payloadBytes: 5000 })
    const payloads = blockOf(html, 'codecell-payloads')
    expect(Object.keys(isRecord(payloads) ? payloads : {}).sort()).toEqual(
      [1, 2, 3, 4, 5, 8, 9].map((number) => `raw_payload:${number}`),
    )
    expect(blockOf(html, 'codecell-data')).toMatchObject({
      problems: expect.arrayContaining([
        '1 payloads are not in this file: all of them have more than 5000 bytes',
        '1 payloads are not in this file: they cannot be read',
      ]),
    })
  })

  test.each<[what: string, html: string]>([
    ['no blocks', '<html><head></head></html>'],
    ['two blocks of one name', page.replace('payloads', 'data')],
    ['no head', page.replace('<head>', '')],
  ])('a page with %s is rejected', (_what, html) => {
    expect(() => traceViewHtml({ directory: sampleBundle(), page: html })).toThrow('Cannot use the page: ')
  })

  const hostile = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 60 }),
    fc.constantFrom('</script><script>alert(1)</script>', '<!--<script>', '\u2028', '$&$`', '__proto__', ']]>', '\0'),
    fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }).map((text) => text.repeat(200)),
  )

  test('a page is safe with any texts in the bundle', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (source, name, value) => {
        const html = traceViewHtml({ directory: hostileBundle(source, name, value), page })
        const data = blockOf(html, 'codecell-data')
        expect(html.match(/<\/?script/gi)).toHaveLength(6)
        expect(html).not.toMatch(/<!--|\u2028|\u2029/)
        expect(data).toMatchObject({ problems: [], cells: [{ source }] })
        const texts = viewTextsOf(data)
        expect(texts.length).toBeGreaterThan(0)
        for (const { text, length } of texts) {
          expect(text.length).toBeLessThanOrEqual(2048)
          expect(text.length === length || text.length >= 2047).toBe(true)
        }
        expect(blockOf(html, 'codecell-payloads')).toMatchObject({ 'raw_payload:4': { value } })
      }),
      { numRuns: 30 },
    )
  })
})

/** Writes a bundle with a cell that calls a tool, with the given texts in every field. */
function hostileBundle(source: string, name: string, value: string): string {
  const writer = createTraceWriter({ root: newFolder(), rootThreadId: 'T1', traceId, schema: 2 })
  const scope = { threadId: 'T1', turnId: 'turn-1' }
  const nowhere = { threadId: null, turnId: null }
  writer.append(nowhere, { type: 'rollout_started', trace_id: traceId, root_thread_id: 'T1' })
  writer.append(nowhere, { type: 'thread_started', thread_id: 'T1', agent_path: name, metadata_payload: null })
  writer.append(scope, { type: 'codex_turn_started', codex_turn_id: 'turn-1', thread_id: 'T1' })
  const inference = { inference_call_id: 'i', thread_id: 'T1', codex_turn_id: 'turn-1' } as const
  const content = [{ type: 'input_text', text: value }]
  const input = [{ type: 'message', role: 'user', content }]
  const request_payload = writer.writePayload('inference_request', { model: name, input })
  const call = { type: 'custom_tool_call', id: 'c1', name: 'exec', call_id: 'call-1', input: source }
  const response_payload = writer.writePayload('inference_response', { response_id: 'r', output_items: [call] })
  const invocation_payload = writer.writePayload('tool_invocation', {
    tool_name: name,
    payload: { type: 'custom', input: value },
  })
  const result_payload = writer.writePayload('tool_result', { type: 'code_mode_response', value })
  if (request_payload === null || response_payload === null) throw new Error('the disk is full')
  writer.append(scope, { type: 'inference_started', ...inference, model: name, provider_name: name, request_payload })
  writer.append(scope, {
    type: 'inference_completed',
    inference_call_id: 'i',
    response_id: 'r',
    upstream_request_id: null,
    response_payload,
  })
  writer.append(scope, { type: 'history_item_accepted', item_id: 'c1' })
  writer.append(scope, {
    type: 'code_cell_started',
    runtime_cell_id: '1',
    model_visible_call_id: 'call-1',
    source_js: source,
  })
  writer.append(scope, {
    type: 'tool_call_started',
    tool_call_id: 'exec-1',
    model_visible_call_id: null,
    code_mode_runtime_tool_id: 'tool-1',
    requester: { type: 'code_cell', runtime_cell_id: '1' },
    kind: { type: 'other', name },
    summary: { type: 'generic', label: name, input_preview: null, output_preview: null },
    invocation_payload,
  })
  writer.append(scope, { type: 'tool_call_ended', tool_call_id: 'exec-1', status: 'completed', result_payload })
  return writer.directory ?? ''
}

function viewTextsOf(value: unknown): readonly ViewText[] {
  if (Array.isArray(value)) return value.flatMap(viewTextsOf)
  if (!isRecord(value)) return []
  const { text, length } = value
  if (typeof text === 'string' && typeof length === 'number') return [{ text, length }]
  return Object.values(value).flatMap(viewTextsOf)
}
