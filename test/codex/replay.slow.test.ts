import { describe, expect, test } from 'vitest'
import { differences } from './conversation-differences.ts'
import { loadConversations, replay } from './conversation.ts'
import { differenceOf } from './difference-of.ts'
import { loadGrpcConversations, replayGrpc } from './grpc-conversation.ts'

describe.concurrent('codecell codex-host', () => {
  test.each(loadConversations())('sends what the host of the reference sent in $name', async (conversation) => {
    expect(await differenceOf(async (slackMs) => await replay(conversation, slackMs))).toBeNull()
  })

  test.each(loadGrpcConversations())('sends what the host of the reference sent in $name', async (conversation) => {
    expect(await differenceOf(async (slackMs) => await replayGrpc(conversation, slackMs))).toBeNull()
  })

  test('is compared with every recorded conversation: 46 cases, and 14 transcripts of each protocol', () => {
    const framed = loadConversations().map(({ name }) => name)
    const grpc = loadGrpcConversations().map(({ name }) => name)
    const transcripts = framed.filter((name) => name.startsWith('framed-'))
    expect([framed.length - transcripts.length, transcripts.length, grpc.length]).toEqual([46, 14, 14])
    expect(grpc.map((name) => name.replace('grpc-', ''))).toEqual(
      transcripts.map((name) => name.replace('framed-', '')),
    )
    expect(Object.keys(differences).filter((name) => ![...framed, ...grpc].includes(name))).toEqual([])
  })
})
