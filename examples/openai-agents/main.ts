// The OpenAI Agents SDK with code mode: programs call the tools of the SDK, and the user approves single calls. Run: npm start
import { Agent, OpenAIProvider, Runner } from '@openai/agents'
import { codeMode } from 'codecell/openai-agents'
import { askUser } from './ask-user.ts'
import { startScriptedModel } from './scripted-model.ts'
import { shopTools } from './shop.ts'

const question = 'Refund ten percent of each late order.'

// A real model with OPENAI_API_KEY (and OPENAI_BASE_URL, OPENAI_MODEL), otherwise a script.
await using scripted = process.env.OPENAI_API_KEY === undefined ? await startScriptedModel() : null
const modelProvider = new OpenAIProvider(scripted === null ? {} : { apiKey: 'scripted', baseURL: scripted.baseURL })
const runner = new Runner({ modelProvider, tracingDisabled: true })

await using mode = await codeMode({ sdkTools: shopTools })
const agent = new Agent({
  name: 'shop assistant',
  model: process.env.OPENAI_MODEL ?? 'gpt-5.6',
  instructions: 'You help with the orders of a shop.',
  tools: mode.tools,
})

console.log(`user: ${question}`)
let result = await runner.run(agent, question)

// Each interruption stands for the calls of a program that wait for the user.
while (result.interruptions.length > 0) {
  for (const interruption of result.interruptions) {
    if (await askUser(mode.pendingApprovals())) result.state.approve(interruption)
    else result.state.reject(interruption)
  }
  result = await runner.run(agent, result.state)
}
console.log(`\nmodel: ${result.finalOutput}`)
