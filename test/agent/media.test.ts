import { expect, test } from 'vitest'
import { finalOutput, toModelOutput } from '../../src/adapters/ai-sdk/exec-output.ts'
import { resultBlock } from '../../src/adapters/anthropic/tool-result-block.ts'
import { outputOf } from '../../src/adapters/openai-responses/responses-output.ts'
import { structuredOutput } from '../../src/adapters/openai-agents/structured-output.ts'
import type { ContentItem } from '../../src/index.ts'
import { callResult } from '../../src/mcp-server/call-result.ts'

/** The image or audio as the MCP server and each integration return it to a model. */
function mediaOfAll(item: ContentItem): unknown {
  const response = { items: [item], success: true, cellId: null }
  const beside = { execCallId: null, notifications: [], calls: [], approvals: [] }
  const blocks = resultBlock('id', [item], { isError: false }).content
  const responses = outputOf([item])
  return {
    mcp: callResult(response, []).content[0],
    aiSdk: toModelOutput({ output: finalOutput({ ...response, ...beside }) }).value[0],
    anthropic: blocks[0],
    agents: structuredOutput([item])[0],
    responses: Array.isArray(responses) ? responses[0] : responses,
  }
}

test.each([
  'data:image/png;base64,AAAA',
  'data:image/png;name=x.png;base64,AAAA',
  'DATA:image/png;base64,AAAA',
  'data:IMAGE/PNG;BASE64,AAAA',
])('every integration returns the image %s to the model', (uri) => {
  expect(mediaOfAll({ type: 'input_image', image_url: uri, detail: 'high' })).toEqual({
    mcp: { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    aiSdk: { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AAAA' } },
    anthropic: { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
    agents: { type: 'image', image: uri, detail: 'high' },
    responses: { type: 'input_image', image_url: uri, detail: 'high' },
  })
})

test.each(['data:audio/wav;base64,AAAA', 'DATA:AUDIO/WAV;name=a.wav;base64,AAAA'])(
  'integrations return the audio %s, or a text where they cannot carry it',
  (uri) => {
    const text = '[audio omitted: this interface does not support audio/wav]'
    expect(mediaOfAll({ type: 'input_audio', audio_url: uri })).toEqual({
      mcp: { type: 'audio', mimeType: 'audio/wav', data: 'AAAA' },
      aiSdk: { type: 'file', mediaType: 'audio/wav', data: { type: 'data', data: 'AAAA' } },
      anthropic: { type: 'text', text },
      agents: { type: 'text', text },
      responses: { type: 'input_text', text: 'audio content omitted because you do not support audio input' },
    })
  },
)

test.each(['data:', `data:image/png,${'A'.repeat(100_000)}`, `data:;base64,${'A'.repeat(100_000)}`])(
  'no integration returns a malformed data URI as text',
  (uri) => {
    const text = '[image omitted: its URL is not a base64 data URI]'
    expect(mediaOfAll({ type: 'input_image', image_url: uri, detail: 'high' })).toMatchObject({
      mcp: { type: 'text', text },
      aiSdk: { type: 'text', text },
      anthropic: { type: 'text', text },
    })
  },
)
