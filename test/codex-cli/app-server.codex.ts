import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listenForCodex } from '../../src/codex-host.ts'
import { isRecord } from '../../src/protocol/json.ts'
import { bothHosts } from './both-hosts.ts'
import { configuration } from './codex-run.ts'
import { LineRpc } from './line-rpc.ts'
import { exec, ModelServer } from './model-server.ts'

test('an app server of Codex runs its cells on a host that listens on a port', async () => {
  const { reference } = await bothHosts()
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  await using host = await listenForCodex({ host: '127.0.0.1', port: 0 })
  await using model = await ModelServer.listen({
    steps: [
      exec('c1', 'store("n", 1); text((await tools.exec_command({ cmd: "echo hi" })).output)'),
      exec('c2', 'text(load("n")); notify("told")'),
    ],
  })
  writeFileSync(join(home, 'config.toml'), configuration(model.port, { protocol: 'grpc' }))
  const server = spawn(reference, ['app-server', '--code-mode-host', `http://127.0.0.1:${host.port}`], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home, TMPDIR: home },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  try {
    const rpc = new LineRpc(server.stdin, server.stdout)
    await rpc.ask('initialize', { clientInfo: { name: 'codecell', title: 'codecell', version: '1' } })
    rpc.tell('initialized')
    const started = await rpc.ask('thread/start', { cwd: home })
    const thread = isRecord(started['thread']) ? started['thread'] : {}
    await rpc.ask('turn/start', { threadId: thread['id'], input: [{ type: 'text', text: 'go' }] })
    await rpc.heard('turn/completed')
    const texts = JSON.stringify(model.outputs())
    expect(model.outputs().length).toBe(3)
    for (const text of ['"text":"hi\\n"', '"text":"1"', '"output":"told"']) expect(texts).toContain(text)
  } finally {
    server.kill('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  }
})
