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

const members = ['model', 'messages', 'tools', 'max_completion_tokens', 'seed', 'temperature']

/** Checks a request of the Chat Completions API. */
export function readChat(body: Record<string, unknown>, size: number): ScriptedRequest {
  onlyMembers(body, members, 'the request')
  const messages = listOf(body['messages'], 'messages').map((message) => objectOf(message, 'a message'))
  const [system, user, ...rest] = messages
  demand(system?.['role'] === 'system' && user?.['role'] === 'user', 'the first messages must be system and user')
  const tools = listOf(body['tools'] ?? [], 'tools').map((tool) => {
    const { type, function: declared } = objectOf(tool, 'a tool')
    demand(type === 'function', 'a tool must be a function')
    const { name, description, parameters } = objectOf(declared, 'function')
    return { name: checkFunction(name, description, parameters), form: 'function' } as const
  })
  return {
    api: 'chat',
    model: textOf(body['model'], 'model'),
    system: textOf(system['content'], 'content'),
    prompt: textOf(user['content'], 'content'),
    tools,
    results: lastResults(rest),
    body,
    size,
  }
}

/** Checks that each call has one result, directly after its message and in order. Returns the last results. */
function lastResults(messages: readonly Record<string, unknown>[]): ScriptedRequest['results'] {
  let results: ScriptedRequest['results'] = []
  for (let at = 0; at < messages.length;) {
    const message = messages[at] ?? {}
    demand(message['role'] === 'assistant', `message ${at + 2} must be of the assistant`)
    const calls = listOf(message['tool_calls'], 'tool_calls of a message that is not the last')
    const ids = calls.map((call) => textOf(objectOf(call, 'a call')['id'], 'id'))
    const answers = messages.slice(at + 1, at + 1 + ids.length)
    results = ids.map((id, index) => {
      const answer = answers[index] ?? {}
      demand(answer['role'] === 'tool' && answer['tool_call_id'] === id, `the call ${id} has no result in its position`)
      return { id, text: textOf(answer['content'], 'the content of a tool') }
    })
    at += 1 + ids.length
  }
  return results
}

export function chatResponse({ text, calls = [], stop, hasUsage = true }: ScriptedReply, usage: ScriptedUsage): object {
  const content =
    stop === 'refusal' ? { content: null, refusal: text ?? 'no' } : { content: text ?? null, refusal: null }
  const toolCalls = calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: isObject(input) ? JSON.stringify(input) : input },
  }))
  return {
    id: `chatcmpl-${usage.input}`,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', ...content, ...(calls.length === 0 ? {} : { tool_calls: toolCalls }) },
        finish_reason: stop === 'length' ? 'length' : calls.length === 0 ? 'stop' : 'tool_calls',
      },
    ],
    ...(hasUsage
      ? {
          usage: {
            prompt_tokens: usage.input,
            completion_tokens: usage.output,
            total_tokens: usage.input + usage.output,
            prompt_tokens_details: { cached_tokens: usage.cached },
          },
        }
      : {}),
  }
}
