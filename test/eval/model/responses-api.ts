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

const members = ['model', 'instructions', 'input', 'tools', 'store', 'include', 'max_output_tokens', 'reasoning']

/** Checks a request of the Responses API. */
export function readResponses(body: Record<string, unknown>, size: number): ScriptedRequest {
  onlyMembers(body, members, 'the request')
  demand(body['store'] === false, 'store must be false')
  const [first, ...items] = listOf(body['input'], 'input').map((item) => objectOf(item, 'an item'))
  demand(first?.['role'] === 'user', 'the first item must be of the user')
  const tools = listOf(body['tools'] ?? [], 'tools').map((tool) => {
    const { type, name, description, parameters, format } = objectOf(tool, 'a tool')
    if (type === 'custom') {
      objectOf(format ?? {}, 'format')
      return { name: textOf(name, 'name'), form: 'custom' } as const
    }
    demand(type === 'function', 'a tool must be a function or custom')
    return { name: checkFunction(name, description, parameters), form: 'function' } as const
  })
  return {
    api: 'responses',
    model: textOf(body['model'], 'model'),
    system: textOf(body['instructions'], 'instructions'),
    prompt: textOf(first['content'], 'content'),
    tools,
    results: lastResults(items),
    body,
    size,
  }
}

/** Checks that each call has one output. Returns the outputs after the last call. */
function lastResults(items: readonly Record<string, unknown>[]): ScriptedRequest['results'] {
  const open = new Map<string, string>()
  let results: { id: string; text: string }[] = []
  for (const item of items) {
    const { type, id } = item
    demand(type === 'reasoning' || id === undefined, `the item ${String(id)} is not stored`)
    if (type === 'function_call' || type === 'custom_tool_call') {
      if (open.size === 0) results = []
      open.set(textOf(item['call_id'], 'call_id'), `${type}_output`)
    } else if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      const call = textOf(item['call_id'], 'call_id')
      demand(open.get(call) === type, `the output for ${call} has no call before it`)
      open.delete(call)
      results.push({ id: call, text: outputText(item['output']) })
    } else demand(type === 'message' || type === 'reasoning', `unknown type ${String(type)}`)
  }
  demand(open.size === 0, `calls without output: ${[...open.keys()].join(', ')}`)
  return results
}

function outputText(output: unknown): string {
  if (typeof output === 'string') return output
  return listOf(output, 'output')
    .map((part) => textOf(objectOf(part, 'a part')['text'], 'text'))
    .join('\n')
}

export function responsesResponse(
  { text, calls = [], stop, hasUsage = true, sealsReasoning = true }: ScriptedReply,
  usage: ScriptedUsage,
): object {
  const part =
    stop === 'refusal' ? { type: 'refusal', refusal: text ?? 'no' } : { type: 'output_text', text, annotations: [] }
  const message = { type: 'message', id: `msg_${usage.input}`, role: 'assistant', status: 'completed', content: [part] }
  const items = calls.map(({ id, name, input }) =>
    name === 'exec' && typeof input === 'string' && !input.startsWith('{')
      ? { type: 'custom_tool_call', id: `ctc_${id}`, call_id: id, name, input, status: 'completed' }
      : {
          type: 'function_call',
          id: `fc_${id}`,
          call_id: id,
          name,
          arguments: isObject(input) ? JSON.stringify(input) : input,
          status: 'completed',
        },
  )
  return {
    id: `resp_${usage.input}`,
    object: 'response',
    status: stop === 'length' ? 'incomplete' : 'completed',
    error: null,
    incomplete_details: stop === 'length' ? { reason: 'max_output_tokens' } : null,
    output: [
      {
        type: 'reasoning',
        id: `rs_${usage.input}`,
        summary: [],
        ...(sealsReasoning ? { encrypted_content: 'sealed' } : {}),
      },
      ...(text === undefined ? [] : [message]),
      ...items,
    ],
    ...(hasUsage
      ? {
          usage: {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cached },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: usage.input + usage.output,
          },
        }
      : {}),
  }
}
