// The OpenAI Agents SDK with code mode. Run: node examples/openai-agents/main.ts
import { equal, ok } from 'node:assert/strict'
import { Agent, MCPServerStdio, Runner, tool } from '@openai/agents'
import { codeMode } from 'codecell/openai-agents'
import { z } from 'zod'
import { ScriptedModel } from '../support/agents-model.ts'
import { countWords, filesServer, makeFolder, picture, program } from '../support/workshop.ts'

await using folder = await makeFolder()

// Existing tools and MCP servers of the SDK. Calls of this tool need approval.
const counting = tool({
  name: 'count_words',
  description: 'Counts the words of a text',
  parameters: z.object({ text: z.string() }),
  needsApproval: true,
  execute: ({ text }) => countWords(text),
})
const { name, command, args, cwd } = filesServer(folder.path)
const files = new MCPServerStdio({ name, command, args: [...args], cwd: cwd ?? '.' })
await files.connect()

{
  // Code mode with both.
  await using mode = await codeMode({ sdkTools: [counting], mcpServers: [files] })

  // A scripted model: it writes the program and waits twice, for the approval and for the rest.
  const wait = { wait: { cell_id: '1' } }
  const model = new ScriptedModel([{ exec: program }, wait, wait, 'Nine words, and a dot.'])
  const agent = new Agent({ name: 'reader', model, tools: mode.tools })
  const runner = new Runner({ tracingDisabled: true })

  let result = await runner.run(agent, 'How many words are in my notes, and what is in the picture?')

  // The run is interrupted for the approval of the nested calls.
  for (const interruption of result.interruptions) {
    const pending = mode.pendingApprovals().flatMap(({ requests }) => requests)
    const calls = pending.map(({ identifier, input }) => `${identifier} ${JSON.stringify(input)}`)
    equal(calls.join(), 'count_words {"text":"the quick brown fox jumps over the lazy dog"}')
    result.state.approve(interruption)
  }
  result = await runner.run(agent, result.state)

  equal(result.finalOutput, 'Nine words, and a dot.')
  const seen = JSON.stringify(model.requests.at(-1)?.input)
  ok(seen.includes('Script running with cell ID 1'))
  ok(seen.includes('"text":"9"'))
  ok(seen.includes(`data:image/png;base64,${picture}`))
}
await files.close()
console.log('openai-agents: done')
