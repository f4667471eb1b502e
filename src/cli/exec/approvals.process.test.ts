import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bin, childEnv } from '../../../test/support/cli.ts'
import { newFolder } from '../../../test/support/folder.ts'

const hinted = fileURLToPath(new URL('../../../test/fixtures/hinted-mcp-server.ts', import.meta.url))
const typedSession = fileURLToPath(new URL('../../../test/fixtures/typed-session.py', import.meta.url))

const drops = `const said = async (table) => await tools.mcp__db__drop({ table })
  .then(({ content }) => content[0].text, String)
text(await Promise.all([said('a'), said('b')]))
text((await tools.mcp__db__number({})).structuredContent)`

let folder = ''
beforeEach(() => {
  folder = newFolder()
  const server = { command: process.execPath, args: [hinted] }
  writeFileSync(join(folder, 'servers.json'), JSON.stringify({ mcpServers: { db: server } }))
  writeFileSync(join(folder, 'drops.js'), drops)
})

const typed = z.object({ code: z.number(), shown: z.string(), left: z.array(z.unknown()) })

/** Runs a command in a terminal of its own and types what follows what is seen. */
async function type(
  steps: readonly (readonly [seen: string, typed: string])[],
  command: readonly string[],
): Promise<z.infer<typeof typed>> {
  const child = spawn('python3', [typedSession, JSON.stringify(steps), ...command], {
    cwd: folder,
    env: childEnv({ TERM: 'xterm' }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const result = typed.parse(JSON.parse(await text(child.stdout)))
  return { ...result, shown: result.shown.replaceAll('\r\n', '\n') }
}

const question = '? [y, n, a number, s, v, ?] '
const run = [process.execPath, bin, 'exec', '--config', 'servers.json']
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

describe.skipIf(!hasPython)('codecell exec at a terminal', () => {
  test('codecell exec shows calls with their line and the program, and a number allows that many calls', async () => {
    const { code, shown, left } = await type(
      [
        [question, '1\n'],
        [question, 'n\n'],
        ['Reason for', 'one is enough\n'],
      ],
      [...run, 'drops.js'],
    )
    expect([code, left]).toEqual([0, []])
    expect(shown).toContain(`The program:
> 1 | const said = async (table) => await tools.mcp__db__drop({ table })
  2 |   .then(({ content }) => content[0].text, String)
  3 | text(await Promise.all([said('a'), said('b')]))
  4 | text((await tools.mcp__db__number({})).structuredContent)

2 calls of tools.mcp__db__drop from line 1 (destructive)
  1 | const said = async (table) => await tools.mcp__db__drop({ table })
  1. {"table":"a"}
  2. {"table":"b"}

Approve 2 calls of tools.mcp__db__drop from line 1? [y, n, a number, s, v, ?] 1

1 call of tools.mcp__db__drop from line 1 (destructive)
  1 | const said = async (table) => await tools.mcp__db__drop({ table })
  {"table":"b"}

Approve 1 call of tools.mcp__db__drop from line 1? [y, n, a number, s, v, ?] n
Reason for the program (Enter: none): one is enough
`)
    const denied = 'the call of tool `mcp__db__drop` was denied: one is enough'
    expect(shown).toContain(JSON.stringify(['dropped 1', denied]))
  })

  test('codecell exec asks at the terminal itself about a program from standard input', async () => {
    const quoted = [...run, '--json', '-'].map((word) => `'${word}'`).join(' ')
    const { code, shown } = await type(
      [[question, 's\n']],
      ['sh', '-c', `${quoted} < drops.js > out.jsonl; code=$?; cat out.jsonl; exit $code`],
    )
    expect(code).toBe(0)
    expect(shown).toContain('["dropped 1","dropped 2"]'.replaceAll('"', '\\"'))
  })

  test('codecell exec ends at Ctrl-C while it asks', async () => {
    const { code, shown } = await type([[question, '\u0003']], [...run, 'drops.js'])
    expect(code).toBe(130)
    expect(shown).toContain('Script terminated')
  })
})
