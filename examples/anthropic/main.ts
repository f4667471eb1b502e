// The Anthropic Messages API with code mode, without an agent SDK. Run: node examples/anthropic/main.ts
import { equal, ok } from 'node:assert/strict'
import Anthropic from '@anthropic-ai/sdk'
import { codeMode } from 'codecell/anthropic'
import type { Tool } from 'codecell'
import { startModelServer } from '../support/model-server.ts'
import { connectFiles, countWords, makeFolder, picture, program } from '../support/workshop.ts'

await using folder = await makeFolder()
await using files = await connectFiles(folder.path)

// Mixed mode: `allowedCallers` also offers this tool to the model itself.
const counting: Tool = {
  name: 'count_words',
  description: 'Counts the words of a text',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  allowedCallers: ['direct', 'code'],
  call: (input) => countWords(typeof input === 'object' && input !== null && 'text' in input ? String(input.text) : ''),
}

await using mode = await codeMode({ tools: [counting, ...files.tools], cacheControl: { type: 'ephemeral' } })

// A scripted API with three messages. The second one calls two tools in parallel.
const message = (stop: string, ...content: object[]): object => ({
  id: 'msg',
  type: 'message',
  role: 'assistant',
  content,
  stop_reason: stop,
})
await using api = await startModelServer([
  message('tool_use', { type: 'tool_use', id: 'toolu_1', name: 'exec', input: { code: program } }),
  message(
    'tool_use',
    { type: 'tool_use', id: 'toolu_2', name: 'wait', input: { cell_id: '1' } },
    { type: 'tool_use', id: 'toolu_3', name: 'count_words', input: { text: 'two words' } },
  ),
  message('end_turn', { type: 'text', text: 'Nine words, and a dot.' }),
])
const client = new Anthropic({ apiKey: 'none', baseURL: api.url })

// The agent loop.
const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'What is in my notes and in the picture?' }]
let words = ''
for (let turn = 0; turn < 10 && words === ''; turn++) {
  const { content } = await client.messages.create({ model: 'claude', max_tokens: 1000, tools: mode.tools, messages })
  messages.push({ role: 'assistant', content })
  const results = await mode.runToolCalls(content)
  if (results.length > 0) messages.push({ role: 'user', content: results })
  else words = content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

equal(words, 'Nine words, and a dot.')
const [, second = '', third = ''] = api.requests
ok(second.includes('Script running with cell ID 1'))
ok(second.includes('{"type":"text","text":"9"}'))
ok(third.includes(`"media_type":"image/png","data":"${picture}"`))
ok(third.includes('"tool_use_id":"toolu_3","content":[{"type":"text","text":"2"}]'))
console.log('anthropic: done')
