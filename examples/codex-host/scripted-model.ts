// A local server that speaks the streaming OpenAI Responses API and plays a script, so that Codex runs without a key.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

// The program that a model would write. It is TypeScript, which the host of Codex itself does not run.
const program = `const square: number = 12 * 12
text(square)
const { output } = await tools.exec_command({ cmd: 'echo hello' })
text(output)`

const content = [{ type: 'output_text', text: 'The square is 144, and the command says hello.' }]
const items = [
  { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_1', status: 'completed', name: 'exec', input: program },
  { type: 'message', id: 'msg_2', role: 'assistant', content },
]

export type ScriptedModel = AsyncDisposable & {
  readonly baseURL: string
  /** Returns the last item that the model received, as JSON. */
  readonly lastInput: () => string
}

/** Starts the server. Each request gets the next item. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  let turn = 0
  let lastInput = ''
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return void response.writeHead(404).end()
    return void json(request).then((body) => {
      const input = typeof body === 'object' && body !== null && 'input' in body ? body.input : []
      lastInput = JSON.stringify(Array.isArray(input) ? input.at(-1) : input)
      const id = `resp_${turn}`
      const usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }
      const events = [
        { type: 'response.created', response: { id } },
        { type: 'response.output_item.done', item: items[Math.min(turn++, items.length - 1)] },
        { type: 'response.completed', response: { id, usage } },
      ]
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot start the scripted model: no port')
  return {
    baseURL: `http://127.0.0.1:${address.port}/v1`,
    lastInput: () => lastInput,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}
