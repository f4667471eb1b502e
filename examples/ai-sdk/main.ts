// The AI SDK with code mode: a program calls the tools of the SDK, and its calls are reported while it runs. Run: npm start
import { createOpenAI, openai } from '@ai-sdk/openai'
import { isStepCount, streamText } from 'ai'
import { codeMode } from 'codecell/ai-sdk'
import { startScriptedModel } from './scripted-model.ts'
import { shopTools } from './shop.ts'

const question = 'Which orders are late, and what are they worth together?'

// A real model with OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL), otherwise a script.
await using scripted = process.env.OPENAI_API_KEY === undefined ? await startScriptedModel() : null
const provider = scripted === null ? openai : createOpenAI({ apiKey: 'scripted', baseURL: scripted.baseURL })
const model = provider(process.env.OPENAI_MODEL ?? 'gpt-5.6')

await using mode = await codeMode()

console.log(`user: ${question}`)
const result = streamText({
  model,
  tools: { ...mode.tools, ...shopTools },
  experimental_toolCallers: mode.callers(shopTools), // hidden from the model, called by programs
  stopWhen: isStepCount(10),
  prompt: question,
})
for await (const part of result.stream) {
  if (part.type === 'error') throw part.error
  if (part.type === 'tool-call' && part.toolName === 'exec') console.log(`\nprogram:\n${programOf(part.input)}`)
  if (part.type !== 'tool-result' || part.dynamic === true) continue
  if (part.toolName !== 'exec' && part.toolName !== 'wait') continue
  const { calls, items } = part.output
  // Preliminary results report the calls of the running program. The last result is what the model receives.
  if (part.preliminary === true) console.log(`calls: ${calls.map(({ tool, state }) => `${tool} ${state}`).join(', ')}`)
  else console.log(`\noutput:\n${items.map((item) => (item.type === 'input_text' ? item.text : item.type)).join('\n')}`)
}
console.log(`\nmodel: ${await result.text}`)

function programOf(input: unknown): string {
  const hasCode = typeof input === 'object' && input !== null && 'code' in input
  return hasCode ? String(input.code) : JSON.stringify(input)
}
