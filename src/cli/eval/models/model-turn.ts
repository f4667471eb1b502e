/** The tokens of requests to a model. Cached and written tokens are part of the input. */
export type Usage = {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWriteInput: number
  /** Reasoning is part of it. */
  readonly output: number
}

/** A tool for the model. */
export type ModelTool = {
  /** `custom`: the input is raw text. Only the Responses API has such tools here. */
  readonly form: 'function' | 'custom'
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** The declaration of a custom tool. */
  readonly declaration: object
}

/** A tool call of the model. `input` is JSON, or raw text for a custom tool; models can send malformed JSON. */
export type ModelCall = {
  readonly form: 'function' | 'custom'
  readonly id: string
  readonly name: string
  readonly input: string
}

/** The output of a tool call as a text, and as items of the Responses API. */
export type CallOutput = { readonly id: string; readonly text: string; readonly items: readonly object[] }

/** The reason why a response ended. */
export type StopReason = 'end' | 'length' | 'refusal'

/** One response of a model. */
export type ModelTurn = {
  readonly responseId: string | null
  readonly text: string
  readonly calls: readonly ModelCall[]
  readonly stop: StopReason
  /** Null when the endpoint reports none. */
  readonly usage: Usage | null
  /** The response as items of the Responses API, for traces. */
  readonly items: readonly object[]
}

/** A conversation in the form of one API. */
export interface Conversation {
  /** The body of the next request. */
  request(): object
  /**
   * Adds a response.
   *
   * @throws {TypeError} when it has not the form of the API
   */
  accept(body: unknown): ModelTurn
  /** Adds the outputs of all calls of the last response, in order. */
  addOutputs(outputs: readonly CallOutput[]): void
}

export type ConversationStart = {
  readonly model: string
  readonly system: string
  readonly prompt: string
  readonly tools: readonly ModelTool[]
  readonly maxOutputTokens: number | null
  readonly seed: number | null
  /** Members of the user for each request, which have priority. */
  readonly params: Readonly<Record<string, unknown>>
}

export const noUsage: Usage = { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 }

export function addUsage(one: Usage, other: Usage): Usage {
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    cacheWriteInput: one.cacheWriteInput + other.cacheWriteInput,
    output: one.output + other.output,
  }
}

/** Returns an assistant's text as an item of the Responses API, in a list that is empty without text. */
export function textItems(text: string): readonly object[] {
  return text === '' ? [] : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }]
}

/** Returns a call as an item of the Responses API. */
export function callItem({ form, id, name, input }: ModelCall): object {
  return form === 'custom'
    ? { type: 'custom_tool_call', call_id: id, name, input }
    : { type: 'function_call', call_id: id, name, arguments: input }
}
