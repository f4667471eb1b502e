import { describe, expect, test } from 'vitest'
import { sharedHosts } from '../support/hosts.ts'
import { loadConversations, replay } from './conversation.ts'

/** Allowed delays of a machine, in milliseconds: one that exceeds the first gets the second. */
const slacks = [200, 3000]

describe.concurrent('the host of Codex', () => {
  test.each(loadConversations())('sends what the host of the reference sent in $name', async (conversation) => {
    const hosts = sharedHosts('default')
    let difference: unknown = null
    for (const slackMs of slacks) {
      difference = await replay(conversation, hosts, slackMs)
      if (difference === null) break
    }
    expect(difference).toBeNull()
  })
})
