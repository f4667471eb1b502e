import { Usage, type Model, type ModelRequest, type ModelResponse, type StreamEvent } from '@openai/agents'

/** A turn of a scripted model: a source for `exec`, the arguments of `wait`, or the final message. */
export type Turn = string | { readonly exec: string } | { readonly wait: Readonly<Record<string, unknown>> }

/** A model that returns its turns in order and records its requests; its calls are `call-1`, `call-2`, … */
export class ScriptedModel implements Model {
  readonly requests: ModelRequest[] = []
  readonly #turns: readonly Turn[]

  constructor(turns: readonly Turn[]) {
    this.#turns = turns
  }

  getResponse(request: ModelRequest): Promise<ModelResponse> {
    return Promise.resolve({ usage: new Usage(), output: [this.#next(request)] })
  }

  async *getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent> {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
    yield await Promise.resolve({
      type: 'response_done',
      response: { id: 'response', usage, output: [this.#next(request)] },
    } as const)
  }

  #next(request: ModelRequest): Item {
    const turn = this.#turns[this.requests.length]
    if (turn === undefined) throw new RangeError('the scripted model has no further turn')
    this.requests.push(request)
    return itemOf(turn, this.requests.length)
  }
}

type Item = Extract<StreamEvent, { type: 'response_done' }>['response']['output'][number]

function itemOf(turn: Turn, count: number): Item {
  if (typeof turn === 'string') {
    return { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: turn }] }
  }
  const [name, input] = 'exec' in turn ? ['exec', { code: turn.exec }] : ['wait', turn.wait]
  const status = 'completed'
  return { type: 'function_call', callId: `call-${count}`, name, status, arguments: JSON.stringify(input) }
}
