import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { createSession } from '../../src/index.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { sessionParts } from '../support/session-parts.ts'

const hasLimits = spawnSync('prlimit', ['--version']).status === 0

/**
 * Runs in a process whose files have a maximum size. Its cell calls a tool until three calls are refused. Then the process removes
 * the maximum, and the cell continues until one more call succeeds.
 */
const script = `
import { spawnSync } from 'node:child_process'
import { createSession } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
const [, root, length] = process.argv
const seen = []
const refusals = []
const answer = (n) => { seen.push(n); return (String(n) + 'x').repeat(Number(length)) }
// The session delivers a notification only after it persists it, so a listener receives the event instead.
const onEvent = ({ type, event }) => {
  if (type !== 'cell_emitted' || event.type !== 'notify') return
  refusals.push({ text: event.body, seen: seen.length })
  if (refusals.length === 3) spawnSync('prlimit', ['--fsize=unlimited', '--pid', String(process.pid)])
}
const tools = [{ name: 'book', call: ({ n }) => answer(n) }]
const session = await createSession({ storage: root, sessionId: 'one', tools, listeners: [{ onEvent }] })
const source = \`
let refused = 0
for (let n = 0; ; n++) {
  try {
    await tools.book({ n })
    if (refused > 0) break
  } catch (error) {
    if (++refused <= 3) notify(String(error.message ?? error))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
store('over', true)
text('done')\`
const outcome = await session.execute(source, { yieldTimeMs: 600000 })
await session.close()
console.log(JSON.stringify({ seen, refusals, type: outcome.type }))
process.exit(0)
`

describe.skipIf(!hasLimits)('a full disk', () => {
  test.each([
    ['the journal', 12_000],
    ['the database', 1],
  ])(
    'a session starts no call while the disk is full for %s, and continues when space is available',
    async (_, length) => {
      const root = newFolder()
      const limited = `ulimit -S -f 300; exec "$0" --input-type=module -e "$1" "$2" "$3"`
      const args = ['-c', limited, process.execPath, script, root, String(length)]
      const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8', timeout: 100_000 })
      const { seen, refusals, type }: { seen: number[]; refusals: { text: string; seen: number }[]; type: string } =
        JSON.parse(stdout === '' ? stderr : stdout)
      expect(type).toBe('completed')
      expect(refusals).toHaveLength(3)
      expect(new Set(refusals.map((refusal) => refusal.seen)).size).toBe(1)
      for (const { text } of refusals) expect(text).toMatch(/^tool `book` was not called: Cannot write ".*": /)

      await using session = await createSession({ storage: root, sessionId: 'one', hosts: sharedHosts('in-process') })
      const applied = session.ledger('1').filter(({ state }) => state === 'applied')
      expect(applied.map(({ input }) => input)).toEqual(seen.map((n) => JSON.stringify({ n })))
      expect(session.ledger('1').filter(({ state }) => state === 'started' || state === 'unknown')).toEqual([])
      expect(sessionParts(session).endingOf('1')).toBe('completed')
      const stored = await session.execute('text(load("over"))')
      expect(stored).toMatchObject({ type: 'completed', items: [{ text: 'true' }] })
    },
  )
})
