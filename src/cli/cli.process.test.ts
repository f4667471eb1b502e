import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, childEnv, runCli, startCli } from '../../test/support/cli.ts'
import { newFolder } from '../../test/support/folder.ts'

const fixture = fileURLToPath(new URL('../../test/fixtures/mcp-server.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

/** Runs a command line in a shell. */
function shell(command: string): readonly unknown[] {
  const args = ['-c', `"$0" "$1" ${command}`, process.execPath, bin]
  const { status, stdout, stderr } = spawnSync('sh', args, { cwd: folder, env: childEnv(), encoding: 'utf8' })
  return [status, stdout, stderr]
}

describe('codecell exec', () => {
  test('codecell exec prints to a pipe what a model would see', async () => {
    const source = 'text("hi \ufffd"); text({ a: 1 }); image("data:image/png;base64,AAAA"); notify("note")'
    expect(await runCli(['exec', '-'], { cwd: folder, stdin: source })).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^Script running with cell ID 1\nOutput:\nhi \ufffd\n\{"a":1\}\n\[image: image\/png, 3 bytes\]\n\nScript completed\nWall time \d+\.\d seconds\n$/,
      ),
      err: '[notification] note\n',
    })
  })

  test('codecell exec prints no error when the reader of its output leaves', () => {
    writeFileSync(join(folder, 'flood.js'), 'for (let n = 0; n < 20_000; n++) text(`line ${n}`)')
    expect(shell('exec flood.js | head -n 1')).toEqual([0, 'Script running with cell ID 1\n', ''])
  })

  test('codecell exec terminates the cell at SIGINT, prints its output, and stops its servers', async () => {
    const config = join(folder, 'servers.json')
    const good = { command: process.execPath, args: [fixture, 'good'] }
    writeFileSync(config, JSON.stringify({ mcpServers: { good } }))
    const source =
      'text((await tools.mcp__good__pid({})).content[0].text); text("so far"); for (;;) await tools.mcp__good__never({})'
    const run = startCli(['exec', '-', '--config', config], { cwd: folder, stdin: source })
    await run.said('so far')
    run.child.kill('SIGINT')
    const { code, out } = await run.result
    expect(code).toBe(130)
    expect(out).toMatch(/\d+\nso far\n\nScript terminated\nWall time/)
    const serverPid = Number(/^\d+$/m.exec(out)?.[0])
    expect(() => process.kill(serverPid, 0)).toThrow('ESRCH')
  })
})

test.skipIf(process.platform !== 'linux')('codecell reports lost output', () => {
  expect(shell('help > /dev/full')).toEqual([1, '', expect.stringContaining('Cannot write the output: ')])
})

test('codecell add starts from the working folder and the home folder', async () => {
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'codecell.json'), '{ "mcpServers": {} }')
  const added = await runCli(['add', 'codex', '--global'], { cwd: project, env: { HOME: folder } })
  expect(added).toMatchObject({ code: 0, err: '' })
  expect(readFileSync(join(folder, '.codex/config.toml'), 'utf8')).toContain(join(project, 'codecell.json'))
})
