import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
const hinted = fileURLToPath(new URL('../../test/fixtures/hinted-mcp-server.ts', import.meta.url))
const typedSession = fileURLToPath(new URL('../../test/fixtures/typed-session.py', import.meta.url))

const drops = `const said = async (table) => await tools.mcp__db__drop({ table })
  .then(({ content }) => content[0].text, String)
text(await Promise.all([said('a'), said('b')]))
text((await tools.mcp__db__number({})).structuredContent)`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codecell-asked-'))
  const server = { command: process.execPath, args: [hinted] }
  await writeFile(join(folder, 'servers.json'), JSON.stringify({ mcpServers: { db: server } }))
  const codecell = { tools: { number: { approve: 'ask' }, drop: { approve: 'deny' } } }
  await writeFile(join(folder, 'strict.json'), JSON.stringify({ mcpServers: { db: { ...server, codecell } } }))
  await writeFile(join(folder, 'drops.js'), drops)
})
afterAll(() => rm(folder, { recursive: true }))

/** What a run prints that nobody can be asked about, without its header and its time. */
async function outputOf(args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '' }
  const all = [bin, 'exec', 'drops.js', '--quiet', ...args]
  const child = spawn(process.execPath, all, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return out + err
}

const nobody = 'nobody can be asked without a terminal; codecell exec --yes allows such calls'
const dropDenied = (reason: string): string => `the call of tool \`mcp__db__drop\` was denied: ${reason}`

describe('where nobody can be asked', () => {
  const both = (first: string, second = first): string => `${JSON.stringify([first, second])}\n{"n":7}\n`

  test.each([
    ['hints are not asked about', [], both('dropped 1', 'dropped 2')],
    ['unless they have to be, and then the call is denied', ['--ask', 'destructive'], both(dropDenied(nobody))],
    ['--yes allows', ['--ask', 'writes', '--yes'], both('dropped 1', 'dropped 2')],
  ])('%s', async (_, flags, expected) => {
    expect(await outputOf(['--config', 'servers.json', ...flags])).toBe(expected)
  })

  test('--read-only denies what may write, whoever says yes', async () => {
    const output = await outputOf(['--config', 'servers.json', '--read-only', '--yes'])
    const reason = 'it may write, and this run only reads'
    expect(output).toContain(JSON.stringify(dropDenied(reason)))
    expect(output).toContain(`the call of tool \`mcp__db__number\` was denied: ${reason}`)
  })

  test('what the configuration says is asked about, or denied', async () => {
    const output = await outputOf(['--config', 'strict.json'])
    expect(output).toContain(JSON.stringify(Array(2).fill('the call of tool `mcp__db__drop` was denied')))
    expect(output).toContain(`the call of tool \`mcp__db__number\` was denied: ${nobody}`)
    const allowed = await outputOf(['--config', 'strict.json', '--yes'])
    expect(allowed).toContain(JSON.stringify(Array(2).fill('the call of tool `mcp__db__drop` was denied')))
    expect(allowed).toContain('{"n":7}')
  })

  test('an unknown --ask is refused', async () => {
    expect(await outputOf(['--ask', 'all'])).toBe(
      'Cannot use --ask all: "destructive", "writes" and "none" are known\n',
    )
  })
})

const typed = z.object({ code: z.number(), shown: z.string(), left: z.array(z.unknown()) })

/** Runs a command in a terminal of its own and types what follows what is seen. */
async function type(
  steps: readonly (readonly [seen: string, typed: string])[],
  command: readonly string[],
): Promise<z.infer<typeof typed>> {
  const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm', HOME: process.env['HOME'] ?? '' }
  const child = spawn('python3', [typedSession, JSON.stringify(steps), ...command], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const result = typed.parse(JSON.parse(await text(child.stdout)))
  return { ...result, shown: result.shown.replaceAll('\r\n', '\n') }
}

const run = [process.execPath, bin, 'exec', '--config', 'servers.json']
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

describe.skipIf(!hasPython)('at a terminal', () => {
  test('the calls are shown with their line and the program, and a number allows so many', async () => {
    const { code, shown, left } = await type(
      [
        ['? [y, n, a number, s, v, ?] ', '1\n'],
        ['? [y, n, a number, s, v, ?] ', 'n\n'],
        ['Why not?', 'one is enough\n'],
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

Allow 2 calls of tools.mcp__db__drop from line 1? [y, n, a number, s, v, ?] 1

1 call of tools.mcp__db__drop from line 1 (destructive)
  1 | const said = async (table) => await tools.mcp__db__drop({ table })
  {"table":"b"}

Allow 1 call of tools.mcp__db__drop from line 1? [y, n, a number, s, v, ?] n
Why not? (the program is told; Enter: no reason) one is enough
`)
    expect(shown).toContain(JSON.stringify(['dropped 1', dropDenied('one is enough')]))
  })

  test('a program that came from standard input is asked about at the terminal itself', async () => {
    const quoted = [...run, '--json', '-'].map((word) => `'${word}'`).join(' ')
    const { code, shown } = await type(
      [['? [y, n, a number, s, v, ?] ', 's\n']],
      ['sh', '-c', `${quoted} < drops.js > out.jsonl; code=$?; cat out.jsonl; exit $code`],
    )
    expect(code).toBe(0)
    expect(shown).toContain('["dropped 1","dropped 2"]'.replaceAll('"', '\\"'))
  })

  test('Ctrl-C ends the run', async () => {
    const { code, shown } = await type([['? [y, n, a number, s, v, ?] ', '\u0003']], [...run, 'drops.js'])
    expect(code).toBe(130)
    expect(shown).toContain('Script terminated')
  })

  test('output cannot paint over the question', async () => {
    await writeFile(join(folder, 'paints.js'), 'text("\\u001b[2J\\u001b[Hcard"); await tools.mcp__db__drop({})')
    const { shown } = await type([['? [y, n, a number, s, v, ?] ', 'y\n']], [...run, '--quiet', 'paints.js'])
    expect(shown).toContain('\\u001b[2J\\u001b[Hcard\n')
  })
})
