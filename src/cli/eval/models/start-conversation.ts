import { ChatConversation } from './chat-completions.ts'
import type { ApiName } from './endpoint.ts'
import { MessagesConversation } from './messages.ts'
import type { Conversation, ConversationStart } from './model-turn.ts'
import { ResponsesConversation } from './responses.ts'

export function startConversation(api: ApiName, start: ConversationStart): Conversation {
  switch (api) {
    case 'openai-chat':
      return new ChatConversation(start)
    case 'openai-responses':
      return new ResponsesConversation(start)
    case 'anthropic':
      return new MessagesConversation(start)
    default:
      return api satisfies never
  }
}
