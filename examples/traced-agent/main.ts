// A custom agent loop with a trace that links each call to its cause. Run: node examples/traced-agent/main.ts
import { deepEqual, equal } from 'node:assert/strict'
import { join } from 'node:path'
import { codeMode } from 'codecell/openai-responses'
import { fromFunctions } from 'codecell/tools'
import { createTraceRecorder, openTraceBundle, reduceTrace } from 'codecell/trace'
import OpenAI from 'openai'
import { z } from 'zod'
import { startModelServer } from '../support/model-server.ts'
import { connectFiles, countWords, makeFolder, program } from '../support/workshop.ts'

await using folder = await makeFolder()
await using files = await connectFiles(folder.path)
const counting = fromFunctions({
  count_words: { input: z.object({ text: z.string() }), run: ({ text }) => countWords(text) },
})

// The recorder listens to the session of `exec` and `wait`. The loop below records the requests to the model.
await using recorder = createTraceRecorder({ root: join(folder.path, 'traces'), metadata: { model: 'gpt' } })
const thread = recorder.rootThread
const mode = await codeMode({ tools: [...counting, ...files.tools], listeners: [thread.listen()] })

// A scripted API.
const response = (id: string, ...output: object[]): object => ({ id, object: 'response', status: 'completed', output })
const words = [{ type: 'output_text', text: 'Nine words, and a dot.', annotations: [] }]
await using api = await startModelServer([
  response('r1', { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', name: 'exec', input: program }),
  response('r2', {
    type: 'function_call',
    id: 'fc_2',
    call_id: 'call_2',
    name: 'wait',
    arguments: '{"cell_id":"1"}',
  }),
  response('r3', { type: 'message', id: 'msg_3', role: 'assistant', status: 'completed', content: words }),
])
const client = new OpenAI({ apiKey: 'none', baseURL: api.url })

// One turn of the agent loop.
const turn = thread.startTurn()
const ask = async (
  input: OpenAI.Responses.ResponseInput,
  previous: string | null,
): Promise<OpenAI.Responses.Response> => {
  const link = previous === null ? {} : { previous_response_id: previous }
  const inference = turn.startInference({ model: 'gpt', provider: 'openai', request: { input, ...link } })
  try {
    const result = await client.responses.create({ model: 'gpt', tools: mode.tools, input, ...link })
    inference.complete({ responseId: result.id, outputItems: result.output })
    for (const { id } of result.output) if (id !== undefined && id !== null) turn.acceptItem(id)
    return result
  } catch (error) {
    inference.fail(String(error))
    throw error
  }
}

const question = { type: 'message', role: 'user', content: 'What is in my notes and in the picture?' } as const
let last = await ask([question], null)
for (;;) {
  const results = await mode.runToolCalls(last.output)
  if (results.length === 0) break
  last = await ask(results, last.id)
}
turn.end()
await mode.close()
await recorder.close()

// The bundle has everything that happened. `codecell trace view` shows it.
const bundle = openTraceBundle(recorder.directory)
const state = reduceTrace(bundle.manifest, bundle.events(), bundle.payloads)
const [cell] = Object.values(state.code_cells)
equal(cell?.runtime_status, 'completed')
deepEqual(cell.wait_tool_call_ids, ['call_2'])
deepEqual(
  cell.nested_tool_call_ids.map((id) => state.tool_calls[id]?.kind),
  [
    { type: 'mcp', server: 'files', tool: 'read_text_file' },
    { type: 'mcp', server: 'files', tool: 'read_text_file' },
    { type: 'other', name: 'count_words' },
    { type: 'mcp', server: 'files', tool: 'read_media_file' },
  ],
)
deepEqual(
  Object.values(state.conversation_items).map(({ role, kind }) => `${role} ${kind}`),
  [
    'user message',
    'assistant custom_tool_call',
    'tool custom_tool_call_output',
    'assistant function_call',
    'tool function_call_output',
    'assistant message',
  ],
)
console.log('traced-agent: done')
