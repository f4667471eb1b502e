import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../src/protocol/json.ts'
import { configuration, type Protocol } from './codex-run.ts'
import { LineRpc } from './line-rpc.ts'

type AppServerOptions = { readonly codex: string; readonly protocol: Protocol; readonly modelPort: number }

/** An app server of the agent with one thread, in a home directory of its own. */
export class AppServer implements AsyncDisposable {
  readonly home: string
  readonly #child: ChildProcess
  readonly #rpc: LineRpc
  readonly #threadId: string

  private constructor(home: string, child: ChildProcess, rpc: LineRpc, threadId: string) {
    this.home = home
    this.#child = child
    this.#rpc = rpc
    this.#threadId = threadId
  }

  static async start({ codex, protocol, modelPort }: AppServerOptions): Promise<AppServer> {
    const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
    writeFileSync(join(home, 'config.toml'), configuration(modelPort, { protocol }))
    const child = spawn(codex, ['app-server'], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home, TMPDIR: home, LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const rpc = new LineRpc(child.stdin, child.stdout)
    await rpc.ask('initialize', { clientInfo: { name: 'codecell', title: 'codecell', version: '1' } })
    rpc.tell('initialized')
    const started = await rpc.ask('thread/start', { cwd: home })
    const thread = isRecord(started['thread']) ? started['thread'] : {}
    return new AppServer(home, child, rpc, String(thread['id']))
  }

  /** Starts a turn. `ended` resolves when it has ended, however it does. */
  async startTurn(): Promise<{ readonly id: unknown; readonly ended: Promise<void> }> {
    const ended = this.#rpc.heard('turn/completed')
    const { turn } = await this.#rpc.ask('turn/start', { threadId: this.#threadId, input: [text('go')] })
    return { id: isRecord(turn) ? turn['id'] : null, ended }
  }

  async interrupt(turnId: unknown): Promise<void> {
    await this.#rpc.ask('turn/interrupt', { threadId: this.#threadId, turnId })
  }

  async steer(turnId: unknown): Promise<void> {
    await this.#rpc.ask('turn/steer', { threadId: this.#threadId, expectedTurnId: turnId, input: [text('hurry')] })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#child.on('close', () => resolve())
    })
    this.#child.kill('SIGKILL')
    await closed
    rmSync(this.home, { recursive: true, force: true })
  }
}

function text(content: string): object {
  return { type: 'text', text: content }
}
