import { once } from 'node:events'
import { startCli, type CliRun } from '../support/cli.ts'

/** A process of `codecell hosts`. */
export class SupervisorProcess implements AsyncDisposable {
  readonly port: number
  readonly run: CliRun

  private constructor(run: CliRun, port: number) {
    this.run = run
    this.port = port
  }

  static async start(flags: readonly string[]): Promise<SupervisorProcess> {
    const run = startCli(['hosts', '--listen', '127.0.0.1:0', '--slots', '16', ...flags])
    const output = await run.said('Listening on ')
    return new SupervisorProcess(run, Number(/Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1]))
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.run.child.pid ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { child } = this.run
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}
