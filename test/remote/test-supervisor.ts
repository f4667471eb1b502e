import {
  createSession,
  remoteHosts,
  type HostPool,
  type RemoteHostsOptions,
  type Session,
  type SessionOptions,
} from '../../src/index.ts'
import { startSupervisor } from '../../src/remote/supervisor/start-supervisor.ts'
import type { SupervisorOptions } from '../../src/remote/supervisor/supervisor-options.ts'
import type { Supervisor } from '../../src/remote/supervisor/supervisor.ts'
import type { Pem } from '../support/links/certificates.ts'

/** A supervisor in the process of the test, and what it reports to its operator. */
export class TestSupervisor implements AsyncDisposable {
  readonly supervisor: Supervisor
  readonly problems: readonly string[]

  private constructor(supervisor: Supervisor, problems: readonly string[]) {
    this.supervisor = supervisor
    this.problems = problems
  }

  static async start(tls: Pem | null, options: Partial<SupervisorOptions> = {}): Promise<TestSupervisor> {
    const problems: string[] = []
    const onProblem = (problem: string): void => void problems.push(problem)
    const supervisor = await startSupervisor({ listen: '127.0.0.1:0', tls, slots: 8, onProblem, ...options })
    return new TestSupervisor(supervisor, problems)
  }

  get address(): string {
    return this.supervisor.address
  }

  get used(): number {
    return this.supervisor.used
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor[Symbol.asyncDispose]()
  }
}

/** A session with a pool of remote hosts, and the warnings of the pool. */
export class RemoteSession implements AsyncDisposable {
  readonly hosts: HostPool
  readonly session: Session
  readonly warnings: readonly string[]

  private constructor(hosts: HostPool, session: Session, warnings: readonly string[]) {
    this.hosts = hosts
    this.session = session
    this.warnings = warnings
  }

  static async start(
    options: RemoteHostsOptions,
    ofSession: Omit<SessionOptions, 'hosts'> = {},
  ): Promise<RemoteSession> {
    const warnings: string[] = []
    const onWarning = (warning: string): void => void warnings.push(warning)
    const hosts = remoteHosts({ warmIsolates: 1, onWarning, ...options })
    try {
      return new RemoteSession(hosts, await createSession({ hosts, ...ofSession }), warnings)
    } catch (error) {
      await hosts[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close()
    await this.hosts[Symbol.asyncDispose]()
  }
}
