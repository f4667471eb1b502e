// An agent loop over the OpenAI Responses API, without an agent SDK. Run: npm start
import { codeMode } from 'codecell/openai-responses'
import OpenAI from 'openai'
import { startScriptedModel } from './scripted-model.ts'
import { shopTools } from './shop.ts'

const question = 'Which orders are late, and what are they worth together?'

// A real model with OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL), otherwise a script.
await using scripted = process.env.OPENAI_API_KEY === undefined ? await startScriptedModel() : null
const client = scripted === null ? new OpenAI() : new OpenAI({ apiKey: 'scripted', baseURL: scripted.baseURL })
const model = process.env.OPENAI_MODEL ?? 'gpt-5.6'

await using mode = await codeMode({ tools: shopTools })

console.log(`user: ${question}`)
let input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: question }]
let previous: string | null = null
while (input.length > 0) {
  const request = { model, tools: mode.tools, input, previous_response_id: previous }
  const response: OpenAI.Responses.Response = await client.responses.create(request)
  for (const item of response.output) if (item.type === 'custom_tool_call') console.log(`\nprogram:\n${item.input}`)

  // Runs the calls of `exec` and `wait`. The list is empty when the model called no tool: it has answered.
  input = await mode.runToolCalls(response.output)
  for (const item of input)
    if (item.type === 'custom_tool_call_output') console.log(`\noutput:\n${textOf(item.output)}`)
  if (response.output_text !== '') console.log(`\nmodel: ${response.output_text}`)
  previous = response.id
}

function textOf(output: OpenAI.Responses.ResponseCustomToolCallOutput['output']): string {
  if (typeof output === 'string') return output
  return output.map((part) => (part.type === 'input_text' ? part.text : `(${part.type})`)).join('\n')
}
