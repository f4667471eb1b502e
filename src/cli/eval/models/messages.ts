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

/** The API requires a maximum. */
const defaultMaxTokens = 16_384

const cached = { cache_control: { type: 'ephemeral' } }

/** A conversation in Anthropic's Messages API. The tools and the conversation so far are cached, in both modes. */
export class MessagesConversation implements Conversation {
  readonly #start: ConversationStart
  readonly #messages: { readonly role: 'user' | 'assistant'; readonly content: readonly object[] }[]

  constructor(start: ConversationStart) {
    this.#start = start
    this.#messages = [{ role: 'user', content: [{ type: 'text', text: start.prompt }] }]
  }

  request(): object {
    const { model, system, tools, maxOutputTokens, params } = this.#start
    const declared = tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }))
    return {
      model,
      max_tokens: maxOutputTokens ?? defaultMaxTokens,
      system: [{ type: 'text', text: system, ...cached }],
      messages: withCachedEnd(this.#messages),
      ...(declared.length === 0 ? {} : { tools: declared }),
      ...params,
    }
  }

  accept(body: unknown): ModelTurn {
    const fields = new Fields('the response', body)
    const content = fields.list('content').filter(isObject)
    const blocks = content.map((block, at) => new Fields(`content[${at}]`, block))
    const text = content
      .map((block) => (block['type'] === 'text' && typeof block['text'] === 'string' ? block['text'] : ''))
      .join('')
    const calls = blocks.flatMap(callIn)
    const turn: ModelTurn = {
      responseId: fields.textOr('id', null),
      text,
      calls,
      stop: stopOf(fields.value('stop_reason')),
      usage: usageOf(fields.value('usage')),
      items: [...textItems(text), ...calls.map(callItem)],
    }
    // Last: a response that cannot be read leaves the conversation unchanged.
    this.#messages.push({ role: 'assistant', content })
    return turn
  }

  addOutputs(outputs: readonly CallOutput[]): void {
    const content = outputs.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text }))
    this.#messages.push({ role: 'user', content })
  }
}

function withCachedEnd(
  messages: readonly { readonly role: string; readonly content: readonly object[] }[],
): readonly object[] {
  return messages.map((message, at) => {
    if (at !== messages.length - 1) return message
    const end = message.content.length - 1
    return {
      ...message,
      content: message.content.map((block, index) => (index === end ? { ...block, ...cached } : block)),
    }
  })
}

function callIn(block: Fields): readonly ModelCall[] {
  if (block.value('type') !== 'tool_use') return []
  const input = JSON.stringify(block.value('input') ?? {}) ?? '{}'
  return [{ form: 'function', id: block.text('id'), name: block.text('name'), input }]
}

function stopOf(reason: unknown): StopReason {
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'length'
  return reason === 'refusal' ? 'refusal' : 'end'
}

function usageOf(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const [input, output] = [tokenCount(value['input_tokens']), tokenCount(value['output_tokens'])]
  if (input === null || output === null) return null
  const cachedInput = tokenDetail(value, 'cache_read_input_tokens')
  const cacheWriteInput = tokenDetail(value, 'cache_creation_input_tokens')
  // Here cached tokens are not part of the input tokens.
  return { input: input + cachedInput + cacheWriteInput, cachedInput, cacheWriteInput, output }
}
