import { cpSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CodecellError, createSession, type Session } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { describeDurableSession } from './durable-behaviors.ts'
import { DurableAgent } from './durable-process.ts'
import { newStoredInFolder } from './stored-session.ts'

describeDurableSession(newStoredInFolder)

test('a session with a truncated write-ahead log opens, or fails with SESSION_INVALID', async () => {
  const folder = newFolder()
  {
    await using agent = await DurableAgent.start(folder)
    await agent.ask('execute', `store('kept', 1)`)
    await agent.ask('execute', `await tools.look(); await tools.look()`, { yieldTimeMs: 0 })
    await agent.called(1)
    agent.answer('kept/2/tool-1', 1)
    await agent.called(2)
    await agent.kill()
  }
  const { size } = statSync(join(folder, 'kept', 'session.db-wal'))
  const seen = new Set<string>()
  for (const part of [0, 0.2, 0.4, 0.6, 0.8, 0.95, 1]) {
    const copy = newFolder()
    cpSync(folder, copy, { recursive: true })
    truncateSync(join(copy, 'kept', 'session.db-wal'), Math.floor(size * part))
    seen.add(await openResult(copy))
  }
  expect([...seen].filter((result) => result !== 'opens' && result !== 'SESSION_INVALID')).toEqual([])
  expect(seen).toContain('opens')
})

test('createSession() rejects a session of another process until that process is killed', async () => {
  const folder = newFolder()
  const options = { storage: folder, sessionId: 'kept', hosts: sharedHosts('in-process') }
  await using agent = await DurableAgent.start(folder)
  await expect(createSession(options)).rejects.toMatchObject({
    code: 'SESSION_IN_USE',
    message: expect.stringContaining(`process ${String(agent.pid)} has it open`),
  })
  await agent.kill()
  await using session = await createSession(options)
  expect(session.id).toBe('kept')
})

async function openResult(folder: string): Promise<string> {
  let session: Session | null = null
  try {
    session = await createSession({ storage: folder, sessionId: 'kept', hosts: sharedHosts('in-process') })
    await session.execute('text(1)')
    return 'opens'
  } catch (error) {
    return error instanceof CodecellError ? error.code : String(error)
  } finally {
    await session?.close()
  }
}
