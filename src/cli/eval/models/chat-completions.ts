import { Fields, isObject } from '../values/fields.ts'
import {
  callItem,
  textItems,
  type CallOutput,
  type Conversation,
  type ConversationStart,
  type ModelCall,
  type ModelTurn,
  type StopReason,
  type Usage,
} from './model-turn.ts'
import { tokenCount, tokenDetail } from './token-count.ts'

/** A conversation in OpenAI's Chat Completions API. */
export class ChatConversation implements Conversation {
  readonly #start: ConversationStart
  readonly #messages: object[]

  constructor(start: ConversationStart) {
    this.#start = start
    this.#messages = [
      { role: 'system', content: start.system },
      { role: 'user', content: start.prompt },
    ]
  }

  request(): object {
    const { model, tools, maxOutputTokens, seed, params } = this.#start
    const declared = tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }))
    return {
      model,
      messages: this.#messages,
      // Some endpoints refuse an empty list.
      ...(declared.length === 0 ? {} : { tools: declared }),
      ...(maxOutputTokens === null ? {} : { max_completion_tokens: maxOutputTokens }),
      ...(seed === null ? {} : { seed }),
      ...params,
    }
  }

  accept(body: unknown): ModelTurn {
    const fields = new Fields('the response', body)
    const [first] = fields.list('choices')
    const choice = new Fields('choices[0]', first)
    const message = choice.fields('message')
    const given = message.value('tool_calls') ?? []
    if (!Array.isArray(given)) throw message.wrong('tool_calls', 'a list')
    const calls = given.map((call: unknown, at) => callOf(new Fields(`tool_calls[${at}]`, call)))
    const content = textOf(message.value('content'))
    const refusal = textOf(message.value('refusal'))
    const turn: ModelTurn = {
      responseId: textOf(fields.value('id')) || null,
      text: content === '' ? refusal : content,
      calls,
      stop: refusal === '' ? stopOf(choice.value('finish_reason')) : 'refusal',
      usage: usageOf(fields.value('usage')),
      items: [...textItems(content), ...calls.map(callItem)],
    }
    // Last: a response that cannot be read leaves the conversation unchanged.
    this.#messages.push({
      role: 'assistant',
      content: content === '' ? null : content,
      ...(given.length === 0 ? {} : { tool_calls: given }),
    })
    return turn
  }

  addOutputs(outputs: readonly CallOutput[]): void {
    for (const { id, text } of outputs) this.#messages.push({ role: 'tool', tool_call_id: id, content: text })
  }
}

function callOf(call: Fields): ModelCall {
  const called = call.fields('function')
  const input = called.value('arguments')
  // Some endpoints send an object instead of its JSON.
  const json = typeof input === 'string' ? input : (JSON.stringify(input) ?? '')
  return { form: 'function', id: call.text('id'), name: called.text('name'), input: json === '' ? '{}' : json }
}

/** Returns the text of a content, which some endpoints send as parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const parts: readonly unknown[] = content
  return parts.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}

function stopOf(reason: unknown): StopReason {
  if (reason === 'length') return 'length'
  return reason === 'content_filter' ? 'refusal' : 'end'
}

function usageOf(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const [input, output] = [tokenCount(value['prompt_tokens']), tokenCount(value['completion_tokens'])]
  if (input === null || output === null) return null
  const cachedInput = tokenDetail(value['prompt_tokens_details'], 'cached_tokens')
  return { input, cachedInput, cacheWriteInput: 0, output }
}
