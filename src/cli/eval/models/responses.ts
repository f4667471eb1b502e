import { Fields, isObject } from '../values/fields.ts'
import type {
  CallOutput,
  Conversation,
  ConversationStart,
  ModelCall,
  ModelTurn,
  StopReason,
  Usage,
} from './model-turn.ts'
import { tokenCount, tokenDetail } from './token-count.ts'

/** A conversation in OpenAI's Responses API. Each request has all items, so that endpoints need to store none. */
export class ResponsesConversation implements Conversation {
  readonly #start: ConversationStart
  readonly #input: unknown[]

  constructor(start: ConversationStart) {
    this.#start = start
    this.#input = [{ role: 'user', content: start.prompt }]
  }

  request(): object {
    const { model, system, tools, maxOutputTokens, params } = this.#start
    const declared = tools.map(({ form, name, description, parameters, declaration }) =>
      form === 'custom' ? declaration : { type: 'function', name, description, strict: false, parameters },
    )
    return {
      model,
      instructions: system,
      input: this.#input,
      ...(declared.length === 0 ? {} : { tools: declared }),
      store: false,
      // Without storage, the next request must return the reasoning of the model.
      include: ['reasoning.encrypted_content'],
      ...(maxOutputTokens === null ? {} : { max_output_tokens: maxOutputTokens }),
      ...params,
    }
  }

  accept(body: unknown): ModelTurn {
    const fields = new Fields('the response', body)
    if (isObject(fields.value('error')))
      throw new TypeError(`the response failed: ${fields.fields('error').textOr('message', '')}`)
    const output = fields.list('output').map((item, at) => new Fields(`output[${at}]`, item))
    const parts = output.flatMap((item) => (item.value('type') === 'message' ? contentOf(item) : []))
    const texts = parts.flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []))
    const refusals = parts.flatMap((part) => (typeof part['refusal'] === 'string' ? [part['refusal']] : []))
    const turn: ModelTurn = {
      responseId: fields.textOr('id', null),
      text: texts.length === 0 ? refusals.join('') : texts.join(''),
      calls: output.flatMap(callIn),
      stop: refusals.length > 0 ? 'refusal' : stopOf(fields),
      usage: usageOf(fields.value('usage')),
      items: fields.list('output').filter(isObject),
    }
    // Last: a response that cannot be read leaves the conversation unchanged.
    this.#input.push(...fields.list('output').flatMap(inputItems))
    return turn
  }

  addOutputs(outputs: readonly CallOutput[]): void {
    this.#input.push(...outputs.flatMap(({ items }) => items))
  }
}

function contentOf(item: Fields): readonly Readonly<Record<string, unknown>>[] {
  const content = item.value('content')
  return Array.isArray(content) ? content.filter(isObject) : []
}

/**
 * Returns an item of a response for the next request. The ids of items that are not stored are unknown to the endpoint, and so is
 * reasoning without its content.
 */
function inputItems(item: unknown): readonly unknown[] {
  if (!isObject(item)) return [item]
  if (item['type'] === 'reasoning') return typeof item['encrypted_content'] === 'string' ? [item] : []
  const { id: _, status: __, ...rest } = item
  return [rest]
}

function callIn(item: Fields): readonly ModelCall[] {
  const type = item.value('type')
  if (type !== 'function_call' && type !== 'custom_tool_call') return []
  const form = type === 'custom_tool_call' ? 'custom' : 'function'
  const input = item.value(form === 'custom' ? 'input' : 'arguments')
  return [{ form, id: item.text('call_id'), name: item.text('name'), input: typeof input === 'string' ? input : '' }]
}

function stopOf(fields: Fields): StopReason {
  const details = fields.value('incomplete_details')
  if (fields.value('status') !== 'incomplete') return 'end'
  return isObject(details) && details['reason'] === 'content_filter' ? 'refusal' : 'length'
}

function usageOf(value: unknown): Usage | null {
  if (!isObject(value)) return null
  const [input, output] = [tokenCount(value['input_tokens']), tokenCount(value['output_tokens'])]
  if (input === null || output === null) return null
  const cachedInput = tokenDetail(value['input_tokens_details'], 'cached_tokens')
  return { input, cachedInput, cacheWriteInput: 0, output }
}
