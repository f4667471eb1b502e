import { expect, test } from 'vitest'
import { createHostPool, createSession } from '../../src/index.ts'
import { signalHosts } from './host-processes.ts'

test.runIf(process.platform === 'linux')(
  'a call that waits for somebody outlasts its host: it is asked once, and called once',
  async () => {
    await using hosts = createHostPool({ size: 1 })
    const asked: string[] = []
    const called: unknown[] = []
    await using session = await createSession({
      id: 's',
      hosts,
      tools: [{ name: 'send', needsApproval: true, call: (input) => called.push(input) }],
      holdApprovals: true,
      listeners: [{ hear: (told) => void (told.type === 'approval_asked' && asked.push(told.callId)) }],
    })
    const source = `const all = await Promise.allSettled(['a', 'b'].map((to) => tools.send({ to })))
text(all.map(({ status }) => status).join())
text(await tools.send({ to: 'b' }).catch((error) => error))`
    await session.execute(source, { yieldTimeMs: 60_000 })
    expect(signalHosts('SIGKILL')).toBeGreaterThan(0)
    const waiting = session.pendingApprovals().flatMap(({ requests }) => requests.map(({ input }) => input))
    expect(waiting).toEqual([{ to: 'a' }, { to: 'b' }])
    session.decide('s/1/tool-1', { type: 'allow_in_cell', calls: 1 })
    session.decide('s/1/tool-2', { type: 'deny', reason: 'no' })
    expect(await session.observe('1', { yieldTimeMs: 60_000 })).toMatchObject({
      type: 'completed',
      items: [{ text: 'fulfilled,rejected' }, { text: 'the call of tool `send` was denied: no' }],
    })
    expect({ asked, called }).toEqual({ asked: ['tool-1', 'tool-2'], called: [{ to: 'a' }] })
  },
)
