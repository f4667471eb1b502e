import { firstDifference } from '../difference.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'
import { replayGrpc, withRevisions, type GrpcConversation } from '../../../test/codex/grpc-conversation.ts'
import { readConversations, type Recorded } from '../../../test/codex/recorded-conversations.ts'
import { isRecord } from '../../../src/protocol/json.ts'
import { comparable, holdConversation, slackMs } from './hold-conversation.ts'

/**
 * The recorded conversations with a host, held again with the host of a version. A fact has what differs from the
 * recording, and for the framed protocol also the messages of the host and the status of its process.
 */
export const conversations: Part = {
  name: 'conversations',
  title: 'Host conversations',
  isTimed: true,
  async collect({ host }, only): Promise<Facts> {
    const facts: Record<string, unknown> = {}
    const wanted = ({ name }: Recorded): boolean => only?.has(name) !== false
    for (const conversation of readConversations('codex-conversations.jsonl').filter(wanted)) {
      facts[conversation.name] = await framedFact(host, conversation)
    }
    for (const conversation of readConversations('codex-grpc-conversations.jsonl').filter(wanted)) {
      facts[conversation.name] = await grpcFact(host, conversation)
    }
    return facts
  },
}

async function framedFact(host: string, { steps, end }: Recorded): Promise<unknown> {
  const seen = await holdConversation(host, steps)
  const messages = steps.flatMap(({ recv }) => (isRecord(recv) ? [comparable(recv)] : []))
  const difference = firstDifference({ messages, code: isRecord(end) ? end['code'] : null }, seen)
  return { ...seen, recording: difference ?? 'the same' }
}

async function grpcFact(executable: string, conversation: GrpcConversation): Promise<string> {
  const difference = await replayGrpc(conversation, slackMs, { executable })
  if (difference === null) return 'the same'
  if (!isAnnouncement(difference)) return withoutIds(difference)
  const steps = conversation.steps.map(withRevisions)
  const second = await replayGrpc({ ...conversation, steps }, slackMs, { executable })
  return second === null ? 'the same, with catalogue revisions' : withoutIds(second)
}

/** The recordings are older than catalogue revisions, which a host announces when it opens a session. */
function isAnnouncement(difference: unknown): boolean {
  const step = isRecord(difference) ? difference['step'] : null
  return isRecord(step) && isRecord(step['message']) && Object.hasOwn(step['message'], 'opened')
}

function withoutIds(difference: unknown): string {
  return JSON.stringify(difference, null, 1).replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
}
