import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModelServer, type ModelItem, type Step } from './model-server.ts'

export type Protocol = 'grpc' | 'framed'

/** A process of the agent during a turn of its model. */
export type RunningCodex = {
  /** Sends the signal of Ctrl-C. */
  readonly interrupt: () => void
  /** The process of its code-mode host. */
  readonly hostPid: () => number
}

export type CodexRun = {
  /** The outputs of the tools, without members that differ from run to run. */
  readonly outputs: readonly ModelItem[]
  /** Notifications of cells. Whether one arrives before or after the result of a concurrent call varies. */
  readonly notifications: readonly unknown[]
  readonly exit: { readonly code: number | null; readonly signal: string | null }
}

export type CodexOptions = {
  readonly codex: string
  readonly protocol: Protocol
  readonly steps: (running: RunningCodex) => readonly Step[]
}

/** Runs one turn of the agent with a scripted model, in a home directory of its own, with loopback only. */
export async function runCodex({ codex, protocol, steps }: CodexOptions): Promise<CodexRun> {
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  const work = join(home, 'work')
  mkdirSync(work)
  const running: { process: ChildProcess | null } = { process: null }
  const agent = (): ChildProcess => {
    if (running.process === null) throw new Error('Cannot name the agent: it has not been started')
    return running.process
  }
  await using model = await ModelServer.listen(
    steps({
      interrupt: () => void agent().kill('SIGINT'),
      hostPid: () => childOf(Number(agent().pid), 'code-mode-host', 'codex-host'),
    }),
  )
  writeFileSync(join(home, 'config.toml'), configuration(model.port, protocol))
  try {
    const child = spawn(codex, ['exec', '--skip-git-repo-check', '--json', '-C', work, 'go'], {
      env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home, TMPDIR: home, LC_ALL: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    })
    running.process = child
    child.stdout.resume()
    child.stderr.resume()
    const exit = await new Promise<CodexRun['exit']>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }))
    })
    const items = model.outputs.map((item) => comparable(item, home))
    const isNotification = (item: ModelItem): boolean => item['name'] === 'exec'
    return {
      outputs: items.filter((item) => !isNotification(item)),
      notifications: items.filter(isNotification).map((item) => item['output']),
      exit,
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Returns the child of a process whose command line contains one of these words. Linux only. */
function childOf(parent: number, ...words: readonly string[]): number {
  const found = childrenOf(parent).find((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return words.some((word) => command.includes(word))
  })
  if (found === undefined) throw new Error(`Cannot find a child of process ${parent} with ${words.join(' or ')}`)
  return found
}

/** Returns the children of all threads of a process. Linux only. */
export function childrenOf(parent: number): readonly number[] {
  return readdirSync(`/proc/${parent}/task`).flatMap((thread) => {
    const children = readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').trim()
    return children === '' ? [] : children.split(' ').map(Number)
  })
}

/** Ids, times and paths differ each time. */
function comparable(item: ModelItem, home: string): ModelItem {
  const json = JSON.stringify({ ...item, id: undefined })
    .replaceAll(home, 'HOME')
    .replaceAll(/Wall time [\d.]+ seconds/g, 'Wall time N seconds')
    .replaceAll(/(chunk_id\\*":\\*")[0-9a-f]+/g, '$1CHUNK')
    .replaceAll(/(wall_time_seconds\\*":)[\d.e-]+/g, '$1N')
    .replaceAll(/Chunk ID: [0-9a-f]+/g, 'Chunk ID: CHUNK')
  const parsed: unknown = JSON.parse(json)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

const mcpServer = fileURLToPath(new URL('../fixtures/mcp-server.ts', import.meta.url))

/** A configuration of the agent with the scripted model and the MCP server of the tests. */
export function configuration(port: number, protocol: Protocol): string {
  return `model = "gpt-5.6-sol"
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.scripted]
name = "scripted"
base_url = "http://127.0.0.1:${port}/v1"
wire_api = "responses"
requires_openai_auth = false
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
[features]
enable_request_compression = false
apps = false
plugins = false
hooks = false
shell_snapshot = false
code_mode_host_grpc = ${protocol === 'grpc'}
[mcp_servers.fixture]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(mcpServer)}]
`
}
