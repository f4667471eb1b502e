import type { InferUITools, UIDataTypes, UIMessage } from 'ai'
import type { CodeMode } from 'codecell/ai-sdk'

/** A message of the chat, with typed parts for `exec` and `wait`. */
export type ChatMessage = UIMessage<unknown, UIDataTypes, InferUITools<CodeMode['tools']>>
export type ChatPart = ChatMessage['parts'][number]
