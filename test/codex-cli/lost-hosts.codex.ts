import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bothHosts } from './both-hosts.ts'
import { childrenOf, runCodex, type RunningCodex } from './codex-run.ts'
import { exec, wait, type ModelItem, type Step } from './model-server.ts'

/** The texts of Codex for a lost host. */
const lossPattern =
  /code-mode host (?:exited|closed)|stale code-mode host generation|gRPC code-mode|exec runtime was replaced/

const brief = '// @exec: {"yield_time_ms": 200}\n'

describe.each(['grpc', 'framed'] as const)('Codex over %s', (protocol) => {
  test('loses the same with a killed host as with its own', async () => {
    const { reference, codecell } = await bothHosts()
    const steps = ({ hostPid }: RunningCodex): readonly Step[] => [
      exec('c1', `store("kept", 1); text("stored")`),
      exec('c2', `${brief}text("a"); await new Promise(() => {})`),
      async () => {
        process.kill(hostPid(), 'SIGKILL')
        return await Promise.resolve(wait('c3', { cell_id: '2', yield_time_ms: 100 }))
      },
      exec('c4', 'text(load("kept") === undefined)'),
      exec('c5', 'text(load("kept") === undefined)'),
    ]
    const theirs = await runCodex({ codex: reference, protocol, steps })
    const ours = await runCodex({ codex: codecell, protocol, steps })
    for (const { outputs, exit } of [theirs, ours]) {
      const [stored, yielded, lost, next, last] = outputs.map((output) => partsOf(output).join('|'))
      // The text depends on whether Codex has noticed the loss.
      expect(lost).toMatch(lossPattern)
      expect(next).toMatch(new RegExp(`${lossPattern.source}|true$`))
      expect([stored, yielded, last, exit]).toEqual([
        'Script completed\nWall time N seconds\nOutput:\n|stored',
        'Script running with cell ID 2\nWall time N seconds\nOutput:\n|a',
        'Script completed\nWall time N seconds\nOutput:\n|true',
        { code: 0, signal: null },
      ])
    }
  })

  test('loses nothing when the processes of cells are killed', async () => {
    const { codecell } = await bothHosts()
    const steps = ({ hostPid }: RunningCodex): readonly Step[] => [
      exec('c1', 'store("kept", 1)'),
      exec(
        'c2',
        `${brief}text("a"); const r = await tools.exec_command({ cmd: "until [ -e go ]; do sleep 0.05; done; echo b" }); text(r.output); text(load("kept"))`,
      ),
      async () => {
        const cells = childrenOf(hostPid())
        expect(cells.length).toBeGreaterThan(0)
        for (const pid of cells) process.kill(pid, 'SIGKILL')
        return await Promise.resolve(exec('c3', 'await tools.exec_command({ cmd: "touch go" }); text(load("kept"))'))
      },
      wait('c4', { cell_id: '2', yield_time_ms: 60_000 }),
    ]
    const { outputs } = await runCodex({ codex: codecell, protocol, steps })
    const texts = outputs.map(partsOf)
    expect(texts).toEqual([
      ['Script completed\nWall time N seconds\nOutput:\n'],
      ['Script running with cell ID 2\nWall time N seconds\nOutput:\n', 'a'],
      ['Script completed\nWall time N seconds\nOutput:\n', '1'],
      ['Script completed\nWall time N seconds\nOutput:\n', 'b\n', '1'],
    ])
  })

  test('ends its host when it is interrupted', async () => {
    const { reference, codecell } = await bothHosts()
    let host = 0
    const steps = ({ hostPid, interrupt }: RunningCodex): readonly Step[] => [
      exec('c1', `${brief}while (true) {}`),
      async () => {
        host = hostPid()
        interrupt()
        return await Promise.resolve(exec('c2', 'await new Promise(() => {})'))
      },
    ]
    const theirs = await runCodex({ codex: reference, protocol, steps })
    const ours = await runCodex({ codex: codecell, protocol, steps })
    expect(ours.exit).toEqual(theirs.exit)
    await expect.poll(() => isRunning(host), { timeout: 60_000 }).toBe(false)
  })
})

function partsOf({ output }: ModelItem): readonly unknown[] {
  const items: readonly unknown[] = Array.isArray(output) ? output : [{ text: output }]
  return items.map((item) => (typeof item === 'object' && item !== null && 'text' in item ? item.text : item))
}

/** Returns whether a process runs and is not a zombie. */
function isRunning(pid: number): boolean {
  const status = `/proc/${pid}/status`
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'))
}
