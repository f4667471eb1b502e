import {
  checkFunction,
  demand,
  isObject,
  listOf,
  objectOf,
  onlyMembers,
  textOf,
  type ScriptedReply,
  type ScriptedRequest,
  type ScriptedUsage,
} from './scripted-reply.ts'

const members = ['model', 'max_tokens', 'system', 'messages', 'tools', 'temperature']

/** Checks a request of the Messages API. */
export function readMessages(body: Record<string, unknown>, size: number): ScriptedRequest {
  onlyMembers(body, members, 'the request')
  demand(Number.isSafeInteger(body['max_tokens']), 'max_tokens is required')
  const messages = listOf(body['messages'], 'messages').map((message) => objectOf(message, 'a message'))
  const system = objectOf(listOf(body['system'], 'system')[0], 'system')
  const tools = listOf(body['tools'] ?? [], 'tools').map((tool) => {
    const { name, description, input_schema: schema } = objectOf(tool, 'a tool')
    return { name: checkFunction(name, description, schema), form: 'function' } as const
  })
  const marks = JSON.stringify(body).split('"cache_control"').length - 1
  demand(marks <= 4, `a maximum of 4 blocks can have cache_control, got ${marks}`)
  const [first] = blocksOf(messages[0])
  return {
    api: 'messages',
    model: textOf(body['model'], 'model'),
    system: textOf(system['text'], 'text'),
    prompt: textOf(first?.['text'], 'text'),
    tools,
    results: lastResults(messages),
    body,
    size,
  }
}

function blocksOf(message: Record<string, unknown> | undefined): readonly Record<string, unknown>[] {
  const blocks = listOf(message?.['content'], 'content').map((block) => objectOf(block, 'a block'))
  demand(blocks.length > 0, 'a message must have content')
  return blocks
}

/** Checks the roles, and that the results of all calls of a message are the start of the next one. Returns the last results. */
function lastResults(messages: readonly Record<string, unknown>[]): ScriptedRequest['results'] {
  let results: { id: string; text: string }[] = []
  for (const [at, message] of messages.entries()) {
    demand(message['role'] === (at % 2 === 0 ? 'user' : 'assistant'), `message ${at} has the wrong role`)
    const blocks = blocksOf(message)
    if (message['role'] === 'user') continue
    const ids = blocks.flatMap(({ type, id, input }) => {
      if (type !== 'tool_use') return []
      objectOf(input, 'input')
      return [textOf(id, 'id')]
    })
    const next = blocksOf(messages[at + 1])
    results = ids.map((id, index) => {
      const block = next[index] ?? {}
      demand(block['type'] === 'tool_result' && block['tool_use_id'] === id, `the call ${id} has no result`)
      return { id, text: textOf(block['content'], 'content') }
    })
    demand(next.length === ids.length, 'a message has results without calls')
  }
  return results
}

export function messagesResponse(
  { text, calls = [], stop, hasUsage = true }: ScriptedReply,
  usage: ScriptedUsage,
): object {
  const uses = calls.map(({ id, name, input }) => ({
    type: 'tool_use',
    id,
    name,
    input: isObject(input) ? input : { raw: input },
  }))
  const reason =
    stop === 'length' ? 'max_tokens' : stop === 'refusal' ? 'refusal' : calls.length === 0 ? 'end_turn' : 'tool_use'
  return {
    id: `msg_${usage.input}`,
    type: 'message',
    role: 'assistant',
    content: [...(text === undefined ? [] : [{ type: 'text', text }]), ...uses],
    stop_reason: reason,
    ...(hasUsage
      ? {
          usage: {
            input_tokens: usage.input - usage.cached,
            cache_read_input_tokens: usage.cached,
            cache_creation_input_tokens: null,
            output_tokens: usage.output,
          },
        }
      : {}),
  }
}
