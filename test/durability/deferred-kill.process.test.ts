import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { openSession, provideResult, readSession, type Session, type SessionEvent } from '../../src/index.ts'
import { builtProgram } from '../support/built-program.ts'
import { childEnv, startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { textsOf } from '../support/texts.ts'

const script = await builtProgram(new URL('deferred-agent.ts', import.meta.url))

type Agent = { readonly key: string; readonly ended: Promise<unknown>; readonly kill: () => void }

/** Starts an agent whose cell waits for the result of a deferred call. */
async function startAgent(storage: string, killAt: string): Promise<Agent> {
  const agent = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, storage, killAt], {
    env: childEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(agent, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: agent.stdout })) {
    lines.push(line)
    if (line === 'waiting') break
  }
  expect(lines).toEqual([expect.stringMatching(/^kept\/1\/tool-1~/), 'waiting'])
  return { key: lines[0] ?? '', ended, kill: () => void agent.kill('SIGKILL') }
}

async function reopen(storage: string): Promise<Session> {
  return await openSession({ storage, sessionId: 'kept', hosts: sharedHosts('in-process') })
}

/** The events between the record of a result and its delivery, in their order. */
const killPoints: readonly SessionEvent['type'][] = ['nested_call_ended', 'cell_command', 'cell_emitted']

describe('a deferred call', () => {
  test.each(killPoints)('receives its result once when its process is killed at %s', async (killAt) => {
    const storage = newFolder()
    const { key, ended } = await startAgent(storage, killAt)
    await provideResult({ storage, sessionId: 'kept', key, result: 'ok', requestId: 'r' })
    expect(await ended).toEqual([null, 'SIGKILL'])
    await using session = await reopen(storage)
    expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['ok'])
    expect(session.ledger()).toMatchObject([{ key, state: 'applied' }])
    await session.provideResult(key, { result: 'ok' }, { requestId: 'r' })
    await expect(session.provideResult(key, { result: 'other' })).rejects.toMatchObject({ code: 'CALL_NOT_DEFERRED' })
  })

  test('is still deferred after its process is killed, and takes one of two results that processes provide at once', async () => {
    const storage = newFolder()
    const { key, ended, kill } = await startAgent(storage, 'none')
    kill()
    await ended
    expect(readSession({ storage, sessionId: 'kept' })).toMatchObject({ openedBy: null, calls: { deferred: 1 } })
    const results = ['"a"', '"b"']
    const runs = results.map(
      async (json) => await startCli(['answer', 'kept', key, '--durable', storage, '--json', json]).result,
    )
    const codes = (await Promise.all(runs)).map(({ code }) => code)
    expect(new Set(codes)).toEqual(new Set([0, 1]))
    await using session = await reopen(storage)
    const winner: unknown = JSON.parse(results[codes.indexOf(0)] ?? '')
    expect(textsOf(await session.observe('1', { yieldTimeMs: 600_000 }))).toEqual([winner])
    expect(session.ledger()).toMatchObject([{ key, state: 'applied' }])
  })
})
