// One code mode per conversation: its cells, stored values and approvals. All conversations share the host processes.
import { createHostPool, type HostPool } from 'codecell'
import { codeMode, type CodeMode } from 'codecell/ai-sdk'
import { shopTools } from './shop.ts'

const maxConversations = 100

type Conversations = { readonly hosts: HostPool; readonly modes: Map<string, Promise<CodeMode>> }

// Next.js loads this module again after each change, and `globalThis` survives that.
declare global {
  var conversations: Conversations | undefined
}
const { hosts, modes } = (globalThis.conversations ??= { hosts: createHostPool(), modes: new Map() })

/** Returns the code mode of a conversation. Above the maximum, the conversation that has been idle for longest is closed. */
export async function codeModeOf(id: string): Promise<CodeMode> {
  const mode = modes.get(id) ?? codeMode({ hosts, sdkTools: shopTools })
  modes.delete(id)
  modes.set(id, mode)
  const [oldest] = modes.keys()
  if (modes.size > maxConversations && oldest !== undefined) await closeConversation(oldest)
  try {
    return await mode
  } catch (error) {
    modes.delete(id)
    throw error
  }
}

async function closeConversation(id: string): Promise<void> {
  const mode = modes.get(id)
  modes.delete(id)
  await (await mode)?.close()
}
