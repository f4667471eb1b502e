import { convertToModelMessages, isStepCount, streamText, validateUIMessages } from 'ai'
import { chooseModel } from '../../../lib/model.ts'
import { codeModeOf } from '../../../lib/conversations.ts'
import type { ChatMessage } from '../../../lib/chat-message.ts'

/** Continues a conversation. In your application, check here that the user owns the conversation. */
export async function POST(request: Request): Promise<Response> {
  const { id, messages }: { id: string; messages: unknown } = await request.json()
  const mode = await codeModeOf(id)
  const checked = await validateUIMessages<ChatMessage>({ messages })
  const result = streamText({
    model: chooseModel(new URL(request.url).origin),
    system: 'You help with the orders of a shop. Use one program per question.',
    messages: await convertToModelMessages(checked),
    tools: mode.tools,
    toolApproval: mode.toolApproval, // the page shows the calls that a program wants to make
    stopWhen: isStepCount(20),
    abortSignal: request.signal,
  })
  return result.toUIMessageStreamResponse({ onError: (error) => String(error) })
}
