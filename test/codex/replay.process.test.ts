import { describe, expect, test } from 'vitest'
import { loadConversations, replay } from './conversation.ts'
import { differenceOf } from './difference-of.ts'
import { loadGrpcConversations, replayGrpc } from './grpc-conversation.ts'

// Some conversations; `replay.slow.test.ts` plays all of them.
const names = new Set(['handshake-ok', 'simple-exec', 'nested-tools', 'notify', 'yield-waits', 'terminate'])

const isPlayed = ({ name }: { readonly name: string }): boolean => names.has(name.replace(/^(framed|grpc)-/, ''))

describe.concurrent('codecell codex-host', () => {
  test.each(loadConversations().filter(isPlayed))(
    'sends what the host of the reference sent in $name',
    async (conversation) => {
      expect(await differenceOf(async (slackMs) => await replay(conversation, slackMs))).toBeNull()
    },
  )

  test.each(loadGrpcConversations().filter(isPlayed))(
    'sends what the host of the reference sent in $name',
    async (conversation) => {
      expect(await differenceOf(async (slackMs) => await replayGrpc(conversation, slackMs))).toBeNull()
    },
  )
})
