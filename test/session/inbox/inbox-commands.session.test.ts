import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSession, readSession, type Session, type SessionOptions, type Tool } from '../../../src/index.ts'
import type { StoredSession } from '../../../src/session/inbox/stored-inbox.ts'
import { sqliteStore } from '../../../src/store.ts'
import { newFolder } from '../../support/folder.ts'
import { sharedHosts } from '../../support/hosts.ts'
import { runInProcess } from '../../support/in-process-cli.ts'
import { textsOf } from '../../support/texts.ts'

type Place = { readonly flags: readonly string[]; readonly at: StoredSession; readonly hosts: SessionOptions['hosts'] }

const places: Readonly<Record<'a folder' | 'a shared store', () => Place>> = {
  'a folder': () => {
    const storage = newFolder()
    return { flags: ['--durable', storage], at: { storage, sessionId: 's' }, hosts: sharedHosts('in-process') }
  },
  'a shared store': () => {
    const path = join(newFolder(), 'store.db')
    const store = sqliteStore(path)
    onTestFinished(async () => await store[Symbol.asyncDispose]())
    return { flags: ['--store', `sqlite:${path}`], at: { store, sessionId: 's' }, hosts: sharedHosts('in-process') }
  },
}

const send: Tool = { name: 'send', needsApproval: 'ask', call: () => 'sent' }
const input = {
  to: 'b'.repeat(9000),
  list: Array.from({ length: 50 }, (_, n) => ({ n })),
  last: { deep: { amount: 7 } },
}
const program = `const input = ${JSON.stringify(input)}
for (let n = 0; n < 3; n++) text(await tools.send({ ...input, n }).then(() => 'sent', String))`
const long = { yieldTimeMs: 600_000 }

async function open({ at, hosts }: Place): Promise<Session> {
  const session = await createSession({
    ...at,
    ...(hosts === undefined ? {} : { hosts }),
    tools: [send],
    approvals: { hold: true },
  })
  onTestFinished(async () => await session.close())
  return session
}

async function pendingKey(at: StoredSession): Promise<string> {
  return (await readSession(at)).pendingApprovals[0]?.key ?? ''
}

describe.each(Object.entries(places))('codecell approve, with a session in %s,', (_, newPlace) => {
  test('shows the program, the structure of the whole input, the key and the hash of each pending call', async () => {
    const place = newPlace()
    const { flags, at } = place
    const session = await open(place)
    expect(await runInProcess(['approve', 's', ...flags])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No call waits/),
    })
    await session.execute(program, long)
    const [pending] = (await readSession(at)).pendingApprovals
    const { out, code, err } = await runInProcess(['approve', 's', ...flags])
    expect([code, err]).toEqual([0, ''])
    for (const shown of ['Cell 1. The program:', '1 call of tools.send from line 2', 'amount', '50'])
      expect(out).toContain(shown)
    expect(out).toContain(pending?.key ?? '-')
    expect(out).toContain(pending?.inputHash.slice(0, 12) ?? '-')
    const whole = await runInProcess(['approve', 's', pending?.key ?? '', '--whole', ...flags])
    expect(whole.out.replaceAll(/\s/g, '')).toContain('b'.repeat(9000))
    const json = await runInProcess(['approve', 's', '--json', ...flags])
    const { key, inputHash: input_hash, toolDigest: tool_digest } = pending ?? {}
    expect(JSON.parse(json.out)).toMatchObject({
      key,
      input: { ...input, n: 0 },
      input_hash,
      tool_digest,
      cell_id: '1',
    })
  })

  test.each([
    [['--allow'], ['sent'], { decision: 'allow', decidedBy: userInfo().username }],
    [
      ['--allow', '--calls', '2', '--by', 'Ann'],
      ['sent', 'sent'],
      { decision: 'allow_in_cell', grantedCalls: 2, decidedBy: 'Ann' },
    ],
    [['--allow', '--for-session'], ['sent', 'sent', 'sent'], { decision: 'allow_in_session' }],
    [
      ['--deny', '--reason', 'no', '--request-id', 'r'],
      [expect.stringMatching(/: no$/)],
      { decision: 'deny', requestId: 'r' },
    ],
  ])('decides with %j, and a second decision exits with 1', async (decision, texts, recorded) => {
    const place = newPlace()
    const { flags, at } = place
    const first = await open(place)
    await first.execute(program, long)
    const { key, inputHash } = (await readSession(at)).pendingApprovals[0] ?? { key: '', inputHash: '' }
    await first.close()
    const args = ['approve', 's', key, ...flags]
    const other = [...args, '--allow', '--input-hash', '0'.repeat(12)]
    expect(await runInProcess(other)).toMatchObject({ code: 1, err: expect.stringContaining('the call has changed') })
    expect(await runInProcess([...args, ...decision, '--input-hash', inputHash.slice(0, 12)])).toEqual({
      code: 0,
      out: '',
      err: '',
    })
    const refused = { code: 1, err: expect.stringMatching(/it was (allowed|denied) by "/) }
    expect(await runInProcess([...args, '--deny', '--reason', 'other'])).toMatchObject(refused)
    const session = await open(place)
    expect(textsOf(await session.observe('1', long))).toEqual(texts)
    expect(await runInProcess([...args, '--deny', '--reason', 'other'])).toMatchObject(refused)
    expect((await readSession(at)).decisions.find((each) => each.key === key)).toMatchObject(recorded)
  })

  test('refuses flags that contradict each other, and unknown sessions', async () => {
    const place = newPlace()
    const session = await open(place)
    await session.execute(program, long)
    const key = await pendingKey(place.at)
    for (const flags of [
      ['--allow'],
      [key, '--allow', '--deny'],
      [key, '--allow', '--reason', 'x'],
      [key, '--deny', '--calls', '2'],
      [key, '--deny', '--for-session'],
      [key, '--allow', '--for-session', '--calls', '2'],
      [key, '--allow', '--calls', '0'],
      [key, '--allow', '--input-hash', 'abc'],
      [key, '--allow', '--json'],
      [key, '--by', 'Ann'],
      [key, 'more', '--allow'],
    ]) {
      const { code, out } = await runInProcess(['approve', 's', ...flags, ...place.flags])
      expect([flags, code, out]).toEqual([flags, 2, ''])
    }
    expect(await runInProcess(['approve', 'other', ...place.flags])).toMatchObject({ code: 2 })
    expect(session.pendingApprovals()).toHaveLength(1)
  })
})

describe.each(Object.entries(places))('codecell terminate, with a session in %s,', (_, newPlace) => {
  test('terminates a cell that runs, states that one has ended, and refuses an unknown one', async () => {
    const place = newPlace()
    const session = await open(place)
    await session.execute(program, long)
    const terminate = async (cell: string): Promise<unknown> =>
      await runInProcess(['terminate', 's', cell, ...place.flags])
    expect(await terminate('1')).toEqual({ code: 0, out: '', err: '' })
    expect(await session.observe('1', long)).toMatchObject({ type: 'terminated' })
    expect(await terminate('1')).toMatchObject({ code: 0, out: 'Cell 1 has ended before: terminated\n' })
    expect(await terminate('2')).toMatchObject({ code: 1, err: expect.stringContaining('has no such cell') })
    expect(await runInProcess(['terminate', 'other', '1', ...place.flags])).toMatchObject({ code: 2 })
  })
})

test.each(Object.entries(places))(
  'codecell revert of an open session in %s states how its owner reverts',
  async (_, newPlace) => {
    const place = newPlace()
    const session = await open(place)
    await session.execute('text(1)')
    const { code, err } = await runInProcess(['revert', 's', '1', '--yes', ...place.flags])
    expect(code).toBe(4)
    expect(err).toMatch(
      /^Cannot open .*session .*; revert there with session\.revert\("1"\), or repeat this command when/,
    )
  },
)

test('codecell approve names the storage in its errors', async () => {
  const storage = join(newFolder(), 'none')
  expect(await runInProcess(['approve', 's', '--durable', storage])).toMatchObject({
    code: 2,
    err: expect.stringContaining(dirname(storage)),
  })
})
