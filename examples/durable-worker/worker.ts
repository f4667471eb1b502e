// A durable worker. Its session is in the folder "sessions": after a crash, the next process resumes the program where it was.
import { createSession, defineTool, type ToolCallContext } from 'codecell'
import { z } from 'zod'

const bank = z.url().parse(process.env['BANK_URL'])
const input = z.object({ person: z.string() })

async function post(path: string, person: string, { key, signal }: ToolCallContext): Promise<string> {
  const body = JSON.stringify({ person })
  // The key of a call is the same when the call is retried, so that the bank can recognize it.
  const response = await fetch(`${bank}/${path}`, { method: 'POST', body, signal, headers: { 'idempotency-key': key } })
  if (!response.ok) throw new Error(`the bank returned ${response.status}: ${await response.text()}`)
  return await response.text()
}

const tools = [
  // After a crash in the middle of this call, codecell retries it with the same key.
  defineTool({ name: 'pay', idempotent: true, input, run: ({ person }, call) => post('payments', person, call) }),
  // After a crash in the middle of this call, codecell cannot know its effect. It does not repeat it, and tells the program.
  defineTool({ name: 'send_letter', input, run: ({ person }, call) => post('letters', person, call) }),
]

const program = `
  for (const person of ['Ann', 'Bo', 'Cy', 'Di']) {
    text(await tools.pay({ person }))
    try {
      text(await tools.send_letter({ person }))
    } catch (error) {
      text('check the letter to ' + person + ': ' + error)
    }
  }`

await using session = await createSession({ storage: './sessions', sessionId: 'payroll', tools })

// The same request in a later process does not start a second program: it observes the first one, or returns its outcome.
let outcome = await session.execute(program, { requestId: 'december' })
while (outcome.type === 'yielded') outcome = await session.observe(outcome.cellId)

console.log(`the program ${outcome.type}:`)
if ('items' in outcome) for (const item of outcome.items) if (item.type === 'input_text') console.log(`  ${item.text}`)
if ('errorText' in outcome) console.log(outcome.errorText)
