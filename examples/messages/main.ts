// An agent loop over the Anthropic Messages API, without an agent SDK. Run: npm start
import Anthropic from '@anthropic-ai/sdk'
import { codeMode } from 'codecell/anthropic'
import { startScriptedModel } from './scripted-model.ts'
import { shopTools } from './shop.ts'

const question = 'Which orders are late, and what are they worth together?'

// A real model with ANTHROPIC_API_KEY (and ANTHROPIC_BASE_URL, ANTHROPIC_MODEL), otherwise a script.
await using scripted = process.env.ANTHROPIC_API_KEY === undefined ? await startScriptedModel() : null
const client = scripted === null ? new Anthropic() : new Anthropic({ apiKey: 'scripted', baseURL: scripted.baseURL })
const model = process.env.ANTHROPIC_MODEL ?? 'claude-sonnet-5'

// The tools are the same in each request, so the API can cache them.
await using mode = await codeMode({ tools: shopTools, cacheControl: { type: 'ephemeral' } })

console.log(`user: ${question}`)
const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }]
for (;;) {
  const { content } = await client.messages.create({ model, max_tokens: 4096, tools: mode.tools, messages })
  messages.push({ role: 'assistant', content })
  for (const block of content) {
    if (block.type === 'tool_use') console.log(`\n${block.name}:\n${programOf(block.input)}`)
    if (block.type === 'text') console.log(`\nmodel: ${block.text}`)
  }

  // Runs the calls of `exec` and `wait`. The list is empty when the model called no tool: it has answered.
  const results = await mode.runToolCalls(content)
  if (results.length === 0) break
  for (const result of results) if (result.type === 'tool_result') console.log(`\noutput:\n${textOf(result.content)}`)
  messages.push({ role: 'user', content: results })
}

function programOf(input: unknown): string {
  const hasCode = typeof input === 'object' && input !== null && 'code' in input
  return hasCode ? String(input.code) : JSON.stringify(input)
}

function textOf(content: Anthropic.ToolResultBlockParam['content'] = ''): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n')
}
