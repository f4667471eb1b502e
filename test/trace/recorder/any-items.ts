/** Items of every form that an agent can have in its history, by their names. Most are not forms of the reference. */
export const anyItems: Readonly<Record<string, unknown>> = {
  'a message without a type': { role: 'user', content: 'Hello' },
  'a message with a string': { type: 'message', role: 'assistant', content: 'Hello' },
  'a message without content': { type: 'message', role: 'assistant', content: null },
  'a message with an object': { type: 'message', role: 'user', content: { a: 1 } },
  'a message with parts of any form': {
    type: 'message',
    role: 'user',
    content: [
      'Hello',
      null,
      5,
      [],
      { type: 'text', text: 'Hello' },
      { type: 'input_text', text: 5 },
      { type: 'refusal' },
    ],
  },
  'a message of an unknown role': { type: 'message', role: 'critic', content: [] },
  'a message of a chat completion': { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: {} }] },
  'a result of a chat completion': { role: 'tool', tool_call_id: 'c', content: 'Hello' },
  'an empty reasoning': { type: 'reasoning', summary: [], content: [], encrypted_content: null },
  'a reasoning with strings': { type: 'reasoning', summary: 'Hello', content: ['Hello', { type: 'x' }] },
  'a reasoning with a sealed object': { type: 'reasoning', summary: [], encrypted_content: { a: 1 } },
  'a call with an object': { type: 'function_call', call_id: 'f1', name: 'f', arguments: { a: 1 } },
  'a call without an id': { type: 'function_call', name: 'f' },
  'a call with a number as its id': { type: 'function_call', call_id: 5, name: 'f', arguments: '{' },
  'a custom call without input': { type: 'custom_tool_call', call_id: 'c1', name: 'exec' },
  'a custom call with an object': { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: { a: 1 } },
  'an output that is missing': { type: 'function_call_output', call_id: 'f1' },
  'an output with an object': { type: 'function_call_output', call_id: 'f1', output: { a: 1 } },
  'an output with parts': { type: 'custom_tool_call_output', call_id: 'c1', output: ['Hello', null, { type: 'x' }] },
  'a compaction without content': { type: 'compaction' },
  'a message between agents with a string': { type: 'agent_message', author: '/a', recipient: '/b', content: 'Hello' },
  'a message between agents with unknown parts': {
    type: 'agent_message',
    author: '/a',
    recipient: '/b',
    content: [{ type: 'x' }],
  },
  'a message between unknown agents': { type: 'agent_message', content: [] },
  'a reference': { type: 'item_reference', id: 'i1' },
  'a reference without a type': { id: 'i1' },
  'an unknown item': { type: 'something_new', id: 'i2', a: 1 },
  'an item whose type is a number': { type: 5 },
  'an item without a type': { a: 1 },
  ...Object.fromEntries(
    ['mcp', 'file_search', 'code_interpreter', 'computer', 'shell', 'apply_patch', 'local_shell', 'web_search']
      .concat('image_generation', 'tool_search', 'something_new', 'mcp_tool', 'web_search_preview')
      .flatMap((name) => [
        [`a ${name} call`, { type: `${name}_call`, id: `i-${name}`, call_id: `call-${name}`, action: { a: [1] } }],
        [
          `an output of ${name}`,
          { type: `${name}_call_output`, call_id: `call-${name}`, output: [{ stdout: 'Hello' }] },
        ],
        [`a text of ${name}`, { type: `${name}_call_output`, call_id: `call-${name}`, output: 'Hello' }],
      ]),
  ),
  'a list of tools': { type: 'mcp_list_tools', id: 'i3', server_label: 's', tools: [] },
  'a request for an approval': { type: 'mcp_approval_request', id: 'i4', name: 'f', arguments: '{}' },
  'a response to an approval': { type: 'mcp_approval_response', approval_request_id: 'i4', approve: true },
  null: null,
  undefined: undefined,
  'an array': [1, { a: 1 }],
  'a string': 'Hello',
  'a number': 5,
  'a bigint': 5n,
  'a function': () => 1,
  'a date': new Date(0),
  'a cycle': cycle(),
  'a bigint inside': { type: 'message', role: 'user', content: 'Hello', count: 5n },
  'a getter that throws': {
    type: 'message',
    role: 'user',
    content: 'Hello',
    get id(): string {
      throw new Error('no id')
    },
  },
  'a value with toJSON': { toJSON: () => ({ role: 'user', content: 'Hello' }) },
  'a deep value': { type: 'message', role: 'user', content: [JSON.parse(`${'['.repeat(400)}${']'.repeat(400)}`)] },
}

function cycle(): object {
  const item: Record<string, unknown> = {
    type: 'message',
    role: 'user',
    content: [{ type: 'input_text', text: 'Hello' }],
  }
  item['self'] = item
  return item
}
