import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSession, type HostPool, type Session } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { textsOf } from '../support/texts.ts'

const source = `
  const seen = []
  for (let i = 0; i < 400; i++) seen.push(await tools.count({ i }))
  text(await tools.gate({ key: "a" }))
  text([seen.length, await tools.gate({ key: "b" })])`

type Opened = AsyncDisposable & { readonly session: Session; readonly gate: Gate }

async function open(storage: string, hosts: HostPool): Promise<Opened> {
  const gate = new Gate()
  const tools = [
    { name: 'count', call: () => 2 },
    { ...gate.tool, idempotent: true },
  ]
  const session = await createSession({ storage, sessionId: 's', hosts, tools })
  return { session, gate, [Symbol.asyncDispose]: () => session.close({ graceMs: 0 }) }
}

test('a cell on QuickJS in this process leaves a snapshot, and resumes from it', async () => {
  const storage = newFolder()
  const file = join(storage, 's', 'cells', '1.snapshot')
  await using hosts = inProcessHostPool({ engine: 'quickjs' })
  {
    await using first = await open(storage, hosts)
    await first.session.execute(source, { yieldTimeMs: 0 })
    await first.gate.called(1)
  }
  // A cell that computes leaves none. One that was resumed calls the tool when it waits.
  const reopen = async (): Promise<Buffer> => {
    {
      await using opened = await open(storage, hosts)
      await opened.gate.called(1)
    }
    return readFileSync(file)
  }
  const before = await reopen()
  // A replay of 401 commands would have left another one.
  expect((await reopen()).equals(before)).toBe(true)
  await using third = await open(storage, hosts)
  await third.gate.called(1)
  third.gate.open('answer')
  await third.gate.called(2)
  third.gate.open('second')
  expect(textsOf(await third.session.observe('1', { yieldTimeMs: 600_000 }))).toEqual(['answer', '[400,"second"]'])
  expect(readdirSync(join(storage, 's', 'cells'))).toEqual([])
})
