import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Tool } from '../../tools/tool.ts'
import { sharedHosts } from '../../../test/support/hosts.ts'
import * as anthropic from '../anthropic/anthropic-messages.ts'
import * as responses from '../openai-responses/openai-responses.ts'

const hosts = sharedHosts('in-process')
const tools: Tool[] = [{ name: 'echo', allowedCallers: ['direct', 'code'], call: (input) => input }]

const odd = fc.oneof(fc.anything(), fc.json(), fc.constantFrom('{"cell_id":"1"}', '{"code":"text(1)"}', 'text(1)'))
const name = fc.constantFrom('exec', 'wait', 'echo', 'none', '__proto__', 'constructor')

test('runToolCalls() of the Responses API returns one result for each call of any output', async () => {
  await using mode = await responses.codeMode({ hosts, tools })
  const type = fc.constantFrom('custom_tool_call', 'function_call', 'message', 'odd')
  const item = fc.record({
    type,
    call_id: fc.oneof(fc.string(), odd),
    name: fc.oneof(name, odd),
    input: odd,
    arguments: odd,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(item, odd), { maxLength: 4 }), async (output) => {
      const calls = output.filter((each) => isCall(each, ['custom_tool_call', 'function_call'], 'call_id'))
      const results = await mode.runToolCalls(output)
      expect(results.filter((answer) => !('name' in answer)).length).toBe(calls.length)
      expect(() => JSON.stringify(results)).not.toThrow()
    }),
    { numRuns: 60 },
  )
})

test('runToolCalls() of the Messages API returns one result for each call of any output', async () => {
  await using mode = await anthropic.codeMode({ hosts, tools })
  const block = fc.record({
    type: fc.constantFrom('tool_use', 'text'),
    id: fc.oneof(fc.string(), odd),
    name,
    input: odd,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(block, odd), { maxLength: 4 }), async (content) => {
      const calls = content.filter((each) => isCall(each, ['tool_use'], 'id'))
      const results = await mode.runToolCalls(content)
      expect(results.length).toBe(calls.length)
      for (const { content: parts } of results) expect(parts.length).toBeGreaterThan(0)
    }),
    { numRuns: 60 },
  )
})

function isCall(item: unknown, types: readonly string[], id: string): boolean {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return false
  const { type, name: called, [id]: callId }: Record<string, unknown> = { ...item }
  return types.some((each) => each === type) && typeof callId === 'string' && typeof called === 'string'
}
