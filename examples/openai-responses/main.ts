// The OpenAI Responses API with code mode, without an agent SDK. Run: node examples/openai-responses/main.ts
import { deepEqual, equal, ok } from 'node:assert/strict'
import { codeMode } from 'codecell/openai-responses'
import { fromFunctions } from 'codecell/tools'
import OpenAI from 'openai'
import { z } from 'zod'
import { startModelServer } from '../support/model-server.ts'
import { connectFiles, countWords, makeFolder, picture, program } from '../support/workshop.ts'

await using folder = await makeFolder()
await using files = await connectFiles(folder.path)
const counting = fromFunctions({
  count_words: { input: z.object({ text: z.string() }), run: ({ text }) => countWords(text) },
})

await using mode = await codeMode({ tools: [...counting, ...files.tools] })

// A scripted API with three responses. `exec` is a custom tool, so the model writes plain source.
const response = (...output: object[]): object => ({ id: 'resp', object: 'response', status: 'completed', output })
await using api = await startModelServer([
  response({ type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'exec', input: program }),
  response({ type: 'function_call', id: 'fc_2', call_id: 'call_2', name: 'wait', arguments: '{"cell_id":"1"}' }),
  response({
    type: 'message',
    id: 'msg_3',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Nine words, and a dot.', annotations: [] }],
  }),
])
const client = new OpenAI({ apiKey: 'none', baseURL: api.url })

// The agent loop.
const ask = async (
  input: OpenAI.Responses.ResponseInput,
  previous: string | null,
): Promise<OpenAI.Responses.Response> =>
  await client.responses.create({ model: 'gpt', tools: mode.tools, input, previous_response_id: previous })

let last = await ask([{ role: 'user', content: 'What is in my notes and in the picture?' }], null)
for (;;) {
  const results = await mode.runToolCalls(last.output)
  if (results.length === 0) break
  last = await ask(results, last.id)
}

equal(last.output_text, 'Nine words, and a dot.')
const [first = '', second = '', third = ''] = api.requests
deepEqual(JSON.parse(first).tools, JSON.parse(third).tools)
ok(first.includes('"syntax":"lark"'))
ok(second.includes('Script running with cell ID 1'))
ok(second.includes('{"type":"input_text","text":"9"}'))
ok(third.includes(`"image_url":"data:image/png;base64,${picture}"`))
console.log('openai-responses: done')
