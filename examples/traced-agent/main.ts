// An agent loop that records a trace, which links each request of the model to its programs and calls. Run: npm start
import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { codeMode } from 'codecell/openai-responses'
import { createTraceRecorder } from 'codecell/trace'
import OpenAI from 'openai'
import { startScriptedModel } from './scripted-model.ts'
import { shopTools } from './shop.ts'

const question = { type: 'message', role: 'user', content: 'Which orders are late, and what are they worth?' } as const

// A real model with OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL), otherwise a script.
await using scripted = process.env.OPENAI_API_KEY === undefined ? await startScriptedModel() : null
const client = scripted === null ? new OpenAI() : new OpenAI({ apiKey: 'scripted', baseURL: scripted.baseURL })
const model = process.env.OPENAI_MODEL ?? 'gpt-5.6'

// The recorder listens to the session of `exec` and `wait`. The loop records the requests to the model.
await rm('traces', { recursive: true, force: true })
await using recorder = createTraceRecorder({ root: 'traces', metadata: { model } })
const thread = recorder.rootThread
await using mode = await codeMode({ tools: shopTools, listeners: [thread.listen()] })

const turn = thread.startTurn()

async function ask(input: OpenAI.Responses.ResponseInput, previous: string | null): Promise<OpenAI.Responses.Response> {
  const link = previous === null ? {} : { previous_response_id: previous }
  const inference = turn.startInference({ model, provider: 'openai', request: { input, ...link } })
  try {
    const response = await client.responses.create({ model, tools: mode.tools, input, ...link })
    inference.complete({ responseId: response.id, outputItems: response.output })
    for (const { id } of response.output) if (id !== undefined && id !== null) turn.acceptItem(id)
    return response
  } catch (error) {
    inference.fail(String(error))
    throw error
  }
}

let response = await ask([question], null)
for (;;) {
  const results = await mode.runToolCalls(response.output)
  if (results.length === 0) break
  response = await ask(results, response.id)
}
turn.end()
await mode.close()
await recorder.close()
console.log(`model: ${response.output_text}`)

const { directory } = recorder
console.log(`\nThe trace, which "npx codecell trace view ${directory}" shows in a browser:\n`)
spawnSync('npx', ['--no-install', 'codecell', 'trace', 'show', directory], { stdio: 'inherit' })
