// The AI SDK with code mode: one program instead of four tool calls. Run: node examples/ai-sdk/main.ts
import { deepEqual, equal, ok } from 'node:assert/strict'
import { isStepCount, streamText, tool } from 'ai'
import { codeMode } from 'codecell/ai-sdk'
import { z } from 'zod'
import { scriptedModel } from '../support/ai-sdk-model.ts'
import { connectFiles, countWords, makeFolder, picture, program } from '../support/workshop.ts'

await using folder = await makeFolder()
await using files = await connectFiles(folder.path)

// An existing tool of the AI SDK.
const tools = {
  count_words: tool({
    description: 'Counts the words of a text',
    inputSchema: z.object({ text: z.string() }),
    execute: ({ text }) => countWords(text),
  }),
}

// Code mode with this tool and the tools of an MCP server.
await using mode = await codeMode({ tools: files.tools })

// A scripted model: it writes the program, waits for the rest of it, and reports the result.
const model = scriptedModel([{ exec: program }, { wait: { cell_id: '1' } }, 'Nine words, and a dot.'])

const result = streamText({
  model,
  tools: { ...mode.tools, ...tools },
  experimental_toolCallers: mode.callers(tools), // only programs can call them
  stopWhen: isStepCount(10),
  prompt: 'How many words are in my notes, and what is in the picture?',
})

const progress: string[] = []
for await (const part of result.stream) {
  if (part.type !== 'tool-result' || part.dynamic === true) continue
  if (part.toolName === 'exec' && part.preliminary === true) {
    progress.push(...part.output.calls.map((call) => `${call.tool} ${call.state}`))
  }
}

equal(await result.text, 'Nine words, and a dot.')
ok(progress.includes('count_words done'), 'preliminary results include nested calls')

// The tools and the results that the model received.
deepEqual(
  model.doStreamCalls[0]?.tools?.map(({ name }) => name),
  ['exec', 'wait'],
)
const seen = JSON.stringify(model.doStreamCalls[2]?.prompt)
ok(seen.includes('Script running with cell ID 1'))
ok(seen.includes('{"type":"text","text":"9"}'))
ok(seen.includes(`{"type":"file","mediaType":"image/png","data":{"type":"data","data":"${picture}"}}`))
console.log('ai-sdk: done')
