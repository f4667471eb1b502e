import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { isRecord } from '../../src/protocol/json.ts'
import { childrenOf } from '../hostile/host-death/host-processes.ts'
import { EventWatch } from '../session/following/event-watch.ts'
import { bin, childEnv, runCli, startCli } from '../support/cli.ts'
import { newFolder } from '../support/folder.ts'
import { Gate } from '../support/gate.ts'
import { Certificates, type Pem } from '../support/links/certificates.ts'
import { LinkRelay } from '../support/links/link-relay.ts'
import { textsOf } from '../support/texts.ts'
import { SupervisorProcess } from './supervisor-process.ts'
import { RemoteSession } from './test-supervisor.ts'

const longYieldTime = { yieldTimeMs: 300_000 }

let certificates: Certificates
let pem: Pem
let flags: readonly string[]

beforeAll(() => {
  certificates = new Certificates()
  pem = certificates.make()
  flags = certificates.flags
})
afterAll(() => certificates[Symbol.dispose]())
afterEach(() => void vi.useRealTimers())

function compute(n: number): number {
  let sum = 0
  for (let i = 0; i < 200_000; i++) sum = (sum + i * n) % 1_000_003
  return sum
}

const busyProgram = (cell: number): string => `
  const compute = ${compute.toString()}
  for (let i = 0; i < 4; i++) text(await tools.echo({ key: "${cell}:" + i }) + " " + compute(${cell} + i))`

/** Advances the beats of links while a session has no events: a link that opened while all links were cut is silent, too. */
function beatWhenIdle(watch: EventWatch): () => void {
  let lastAt = performance.now()
  watch.onEach = () => {
    lastAt = performance.now()
  }
  let timer: NodeJS.Timeout
  const check = (): void => {
    timer = setTimeout(() => {
      const isIdle = performance.now() - lastAt > 10_000
      void (isIdle ? vi.advanceTimersByTimeAsync(4000) : Promise.resolve()).then(check)
    }, 500)
  }
  check()
  return () => clearTimeout(timer)
}

test('twenty cells on two supervisors survive the death of a host, of a supervisor, and silent links, with each call made once', async () => {
  // The beats of links use intervals. Without fake ones, a loaded machine could make a link silent that the test did not cut.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await using first = await SupervisorProcess.start(flags)
  await using second = await SupervisorProcess.start(flags)
  await using firstRelay = await LinkRelay.start(first.port)
  await using secondRelay = await LinkRelay.start(second.port)
  const cells = Array.from({ length: 20 }, (_, cell) => cell)
  const keys: string[] = []
  const killHost = (): void => {
    const [host] = [...childrenOf(second.pid), ...childrenOf(first.pid)]
    if (host !== undefined) process.kill(host, 'SIGKILL')
  }
  const cutAll = async (): Promise<void> => {
    for (const relay of [firstRelay, secondRelay]) relay.cut('silence')
    await vi.advanceTimersByTimeAsync(4000)
  }
  const faults = new Map<number, () => unknown>([
    [20, killHost],
    [40, () => process.kill(first.pid, 'SIGKILL')],
    [60, cutAll],
  ])
  const echo = (input: unknown): string => {
    const key = String(isRecord(input) ? input['key'] : '')
    faults.get(keys.push(key))?.()
    return key
  }
  const watch = new EventWatch()
  await using remote = await RemoteSession.start(
    { addresses: [firstRelay, secondRelay].map(({ port }) => `127.0.0.1:${port}`), tls: pem, size: 2 },
    { tools: [{ name: 'echo', call: echo }], listeners: [watch] },
  )
  const stopBeating = beatWhenIdle(watch)
  const outcomes = await Promise.all(cells.map((cell) => remote.session.execute(busyProgram(cell), longYieldTime)))
  stopBeating()
  const steps = [0, 1, 2, 3]
  expect(outcomes.map(textsOf)).toEqual(cells.map((cell) => steps.map((i) => `${cell}:${i} ${compute(cell + i)}`)))
  expect(keys.toSorted()).toEqual(cells.flatMap((cell) => steps.map((i) => `${cell}:${i}`)).toSorted())
  expect(watch.count('cell_revived')).toBeGreaterThan(10)
})

test('SIGTERM drains a supervisor: cells that wait resume elsewhere, and it exits; a second one exits at once', async () => {
  await using draining = await SupervisorProcess.start([...flags, '--drain-timeout', '60000'])
  await using other = await SupervisorProcess.start(flags)
  const addresses = [draining.address]
  const gate = new Gate()
  const watch = new EventWatch()
  await using remote = await RemoteSession.start(
    { addresses: () => addresses, tls: pem, size: 1 },
    { tools: [gate.tool], listeners: [watch] },
  )
  const ends = [1, 2, 3].map(() => remote.session.execute('text(await tools.gate({}))', longYieldTime))
  await gate.called(3)
  addresses.splice(0, 1, other.address)
  draining.run.child.kill('SIGTERM')
  expect(await draining.run.result).toMatchObject({ code: 0, err: expect.stringContaining('Draining 1 hosts') })
  expect(watch.count('cell_evicted')).toBe(3)
  while (gate.open('elsewhere'));
  expect((await Promise.all(ends)).map(textsOf)).toEqual([['elsewhere'], ['elsewhere'], ['elsewhere']])
  expect(gate.calls).toHaveLength(3)
  await remote.session.execute('for (;;) {}', { yieldTimeMs: 0 })
  other.run.child.kill('SIGTERM')
  await other.run.said('Draining')
  // waits because a second signal within 300 ms counts as the first
  await new Promise((resolve) => setTimeout(resolve, 400))
  other.run.child.kill('SIGTERM')
  expect(await other.run.result).toMatchObject({ code: 130 })
})

test('exec and serve run cells on the hosts of --hosts-at', async () => {
  await using supervisor = await SupervisorProcess.start(flags)
  const remote = ['--hosts-at', supervisor.address, ...flags]
  const cwd = newFolder()
  const exec = startCli(['exec', '-', ...remote], { cwd, stdin: 'text("begun"); for (;;) {}' })
  await exec.said('begun')
  expect(childrenOf(exec.child.pid ?? 0)).toEqual([])
  expect(childrenOf(supervisor.pid)).toHaveLength(1)
  exec.child.kill('SIGINT')
  expect(await exec.result).toMatchObject({ code: 130 })
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'serve', ...remote]
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, env: childEnv(), stderr: 'ignore', cwd }),
  )
  const result = await client.callTool({ name: 'exec', arguments: { code: 'text(6 * 7)' } })
  expect(JSON.stringify(result.content)).toContain('42')
  await client.close()
})

test('exec reports why it cannot use remote hosts', async () => {
  await using supervisor = await SupervisorProcess.start(flags)
  const cwd = newFolder()
  const foreign = new Certificates()
  foreign.make()
  const run = (...args: readonly string[]): ReturnType<typeof runCli> =>
    runCli(['exec', '-', ...args], { cwd, stdin: 'text(1)' })
  expect(await run('--hosts-at', supervisor.address, ...foreign.flags)).toMatchObject({
    code: 4,
    err: expect.stringMatching(
      /Cannot start a host: .*: its certificate is not valid: it is not signed by a trusted authority/,
    ),
  })
  foreign[Symbol.dispose]()
  expect(await run('--hosts-at', supervisor.address)).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot use links without certificates: expected --tls-cert, --tls-key and --tls-ca'),
  })
  expect(await run('--tenant', 'acme')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Cannot use --tenant without --store URL or --hosts-at'),
  })
})

test('codecell hosts reports wrong flags and certificates', async () => {
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await runCli(['hosts', ...args])
    expect(code).toBe(2)
    return err
  }
  expect(await run()).toContain('expected --listen HOST:PORT')
  expect(await run('--listen', ':7700')).toContain('expected --tls-cert, --tls-key and --tls-ca')
  expect(await run('--listen', '0.0.0.0:0', '--plain-tcp')).toContain('expected a loopback address')
  expect(await run('--listen', ':0', '--tls-cert', '/none', '--tls-key', '/none', '--tls-ca', '/none')).toContain(
    'Cannot read the file of --tls-cert',
  )
})

test('the certificates of the page work, and bind a node to its tenant', async () => {
  const page = readFileSync(new URL('../../docs/remote-hosts.md', import.meta.url), 'utf8')
  const commands = /```sh\n(openssl [\s\S]*?)```/.exec(page)?.[1] ?? ''
  const cwd = newFolder()
  execFileSync('sh', ['-e', '-c', commands], { cwd, stdio: 'pipe' })
  const flagsOf = (name: string): string[] =>
    ['cert', 'key', 'ca'].flatMap((part) => {
      const file = { cert: `${name}.pem`, key: `${name}.key`, ca: 'ca.pem' }[part] ?? ''
      return [`--tls-${part}`, join(cwd, file)]
    })
  await using supervisor = await SupervisorProcess.start(flagsOf('host'))
  const run = (tenant: string): ReturnType<typeof runCli> =>
    runCli(
      ['exec', '-', '--quiet', '--hosts-at', `localhost:${supervisor.port}`, ...flagsOf('node'), '--tenant', tenant],
      {
        cwd,
        stdin: 'text("as on the page")',
      },
    )
  expect(await run('acme')).toMatchObject({ code: 0, out: 'as on the page\n' })
  expect(await run('other')).toMatchObject({ code: 4, err: expect.stringContaining('expected the tenant "acme"') })
})
