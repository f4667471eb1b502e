import { linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { bothHosts } from './both-hosts.ts'
import { runCodex, type CodexRun, type Protocol } from './codex-run.ts'
import { exec, type Step } from './model-server.ts'

const steps: readonly Step[] = [
  exec('c1', 'text("first"); text((await tools.exec_command({ cmd: "echo one" })).output)'),
  exec('c2', 'text("second"); text((await tools.exec_command({ cmd: "echo two" })).output)'),
]

test('Codex sends its tools once over frames, and a revision later', async () => {
  const { run, sent } = await runWithCopy('framed')
  const messages = framesOf(sent)
  expect(messages[0]).toMatchObject({ optionalCapabilities: expect.arrayContaining(['tool-catalog-revision-v1']) })
  const executes = messages
    .map(({ request }) => request)
    .filter((request) => isRecord(request) && request['method'] === 'session/execute')
  expect(executes).toEqual([
    expect.objectContaining({
      request: expect.objectContaining({
        catalog_revision: 1,
        enabled_tools: expect.arrayContaining([expect.anything()]),
      }),
    }),
    expect.objectContaining({ request: expect.objectContaining({ catalog_revision: 1, enabled_tools: [] }) }),
  ])
  expect(JSON.stringify(run.outputs)).toContain(String.raw`"text":"two\n"`)
})

test('Codex sends its tools once over gRPC', async () => {
  const { run, sent } = await runWithCopy('grpc')
  const [first = '', second = ''] = sent.toString('latin1').split('text("second")')
  expect([first.includes('write_stdin'), second.includes('write_stdin')]).toEqual([true, false])
  expect(JSON.stringify(run.outputs)).toContain(String.raw`"text":"two\n"`)
})

/** Runs the agent with a host whose input is copied to a file. Returns the copy. */
async function runWithCopy(protocol: Protocol): Promise<{ readonly run: CodexRun; readonly sent: Buffer }> {
  const { codecell } = await bothHosts()
  // On the same file system, so that the executable can be a link.
  const folder = mkdtempSync(`${dirname(codecell)}-`)
  try {
    const copy = join(folder, 'sent')
    const codex = join(folder, 'codex')
    linkSync(codecell, codex)
    const host = join(dirname(codecell), 'codex-code-mode-host')
    writeFileSync(join(folder, 'codex-code-mode-host'), `#!/bin/sh\ntee '${copy}' | '${host}' "$@"\n`, { mode: 0o755 })
    const run = await runCodex({ codex, protocol, steps: () => steps })
    return { run, sent: readFileSync(copy) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function framesOf(bytes: Buffer): readonly Readonly<Record<string, unknown>>[] {
  const messages: Readonly<Record<string, unknown>>[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at)
    const message: unknown = JSON.parse(bytes.toString('utf8', at + 4, end))
    if (isRecord(message)) messages.push(message)
    at = end
  }
  return messages
}
