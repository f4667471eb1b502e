import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ModelServer, type ModelItem, type ModelRequest, type Script, type Step } from './model-server.ts'

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
  /** The requests that the model received. */
  readonly requests: readonly ModelRequest[]
}

export type CodexSettings = {
  readonly protocol: Protocol
  /** @default 'gpt-5.6-sol' */
  readonly model?: string
  /** Lines for the table `features`. */
  readonly features?: readonly string[]
  /** Lines for the top of the configuration. */
  readonly top?: readonly string[]
  /** The name of the provider. The agent compacts remotely if it is `OpenAI`. @default 'scripted' */
  readonly provider?: string
}

/** The script of a model, which can control the agent, and what the agent needs for it. */
export type Scenario = Omit<Script, 'steps'> &
  Omit<CodexSettings, 'protocol'> & {
    readonly steps: readonly Step[] | ((running: RunningCodex) => readonly Step[])
    /** The number of processes of the agent; each one resumes the thread of the one before. @default 1 */
    readonly processes?: number
  }

export type CodexOptions = Scenario & {
  readonly codex: string
  readonly protocol: Protocol
  /** The folder that receives a trace bundle from each process. */
  readonly traceFolder?: string
}

/** Runs the agent with a scripted model, in a home directory of its own, with loopback only. */
export async function runCodex(options: CodexOptions): Promise<CodexRun> {
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  mkdirSync(join(home, 'work'))
  const running: { process: ChildProcess | null } = { process: null }
  const agent = (): ChildProcess => {
    if (running.process === null) throw new Error('Cannot name the agent: it has not been started')
    return running.process
  }
  const { steps, processes = 1 } = options
  const control: RunningCodex = {
    interrupt: () => void agent().kill('SIGINT'),
    hostPid: () => childOf(Number(agent().pid), 'code-mode-host', 'codex-host'),
  }
  await using model = await ModelServer.listen({
    ...options,
    steps: typeof steps === 'function' ? steps(control) : steps,
  })
  writeFileSync(join(home, 'config.toml'), configuration(model.port, options))
  try {
    let exit: CodexRun['exit'] = { code: null, signal: null }
    for (let index = 0; index < processes; index++) {
      running.process = startAgent(options, home, index > 0)
      exit = await endOf(running.process)
    }
    const items = model.outputs().map((item) => comparable(item, home))
    const isNotification = (item: ModelItem): boolean => item['name'] === 'exec'
    return {
      outputs: items.filter((item) => !isNotification(item)),
      notifications: items.filter(isNotification).map((item) => item['output']),
      exit,
      requests: model.requests,
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

function startAgent({ codex, traceFolder }: CodexOptions, home: string, resumes: boolean): ChildProcess {
  const trace = traceFolder === undefined ? {} : { CODEX_ROLLOUT_TRACE_ROOT: traceFolder }
  const command = ['exec', '--skip-git-repo-check', '--json', '-C', join(home, 'work')]
  const child = spawn(codex, [...command, ...(resumes ? ['resume', '--last'] : []), 'go'], {
    env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home, TMPDIR: home, LC_ALL: 'C.UTF-8', ...trace },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  child.stdout.resume()
  child.stderr.resume()
  return child
}

async function endOf(child: ChildProcess): Promise<CodexRun['exit']> {
  return await new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
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

/** Returns an item without ids, times and paths, which differ each time. */
export function comparable(item: ModelItem, home: string): ModelItem {
  const json = JSON.stringify({ ...item, id: undefined })
    .replaceAll(home, 'HOME')
    .replaceAll(/Wall time [\d.]+ seconds/g, 'Wall time N seconds')
    .replaceAll(/aborted by user after [\d.]+s/g, 'aborted by user after N s')
    .replaceAll(/(chunk_id\\*":\\*")[0-9a-f]+/g, '$1CHUNK')
    .replaceAll(/(wall_time_seconds\\*":)[\d.e-]+/g, '$1N')
    .replaceAll(/Chunk ID: [0-9a-f]+/g, 'Chunk ID: CHUNK')
    .replaceAll(/("(?:turn_id|create_time)":)(?:"[^"]*"|[\d.]+)/g, '$1"ID"')
  const parsed: unknown = JSON.parse(json)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

const mcpServer = fileURLToPath(new URL('../fixtures/mcp-server.ts', import.meta.url))

/** A configuration of the agent with the scripted model and the MCP server of the tests. */
export function configuration(port: number, settings: CodexSettings): string {
  const { protocol, model = 'gpt-5.6-sol', features = [], top = [], provider = 'scripted' } = settings
  return `model = ${JSON.stringify(model)}
model_provider = "scripted"
approval_policy = "never"
sandbox_mode = "danger-full-access"
${top.join('\n')}
[model_providers.scripted]
name = ${JSON.stringify(provider)}
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
${features.join('\n')}
[mcp_servers.fixture]
command = ${JSON.stringify(process.execPath)}
args = [${JSON.stringify(mcpServer)}]
`
}
