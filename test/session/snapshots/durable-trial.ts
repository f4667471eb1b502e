import { setImmediate } from 'node:timers/promises'
import { createSession, type Session, type SessionOptions, type SessionWarning } from '../../../src/index.ts'
import { QuickJsEngine } from '../../../src/host/quickjs-threads/quickjs-engine.ts'
import { Gate } from '../../support/gate.ts'
import { storedAt } from '../../support/store-of.ts'
import { SnapshotHosts } from './snapshot-hosts.ts'

type OpeningOptions = Pick<SessionOptions, 'approvals' | 'listeners' | 'overflow' | 'tools' | 'onNotification'> & {
  /** Whether each waiting program is worth a snapshot. */
  readonly always?: boolean
}

/** One opening of a stored session on a host with QuickJS, which has one slot. */
export class Opening implements AsyncDisposable {
  readonly session: Session
  readonly gate: Gate
  readonly hosts: SnapshotHosts
  readonly warnings: readonly SessionWarning[]

  private constructor({ session, gate, hosts, warnings }: Pick<Opening, 'session' | 'gate' | 'hosts' | 'warnings'>) {
    this.session = session
    this.gate = gate
    this.hosts = hosts
    this.warnings = warnings
  }

  /** Opens session `s` at a location. Calls of `gate` and `ask` wait, those of `count` return 2. */
  static async at(location: string, { always = false, ...options }: OpeningOptions = {}): Promise<Opening> {
    const gate = new Gate()
    const hosts = new SnapshotHosts({
      createEngine: () => new QuickJsEngine(),
      toHost: (message) => (message.type === 'evict' && always ? { ...message, minCpuMs: 0 } : message),
    })
    const warnings: SessionWarning[] = []
    const session = await createSession({
      ...storedAt(location),
      sessionId: 's',
      hosts: hosts.pool,
      evictAfterMs: 3_600_000,
      tools: [
        { ...gate.tool, idempotent: true },
        { ...gate.tool, name: 'ask', idempotent: true },
        { name: 'count', call: () => 2 },
      ],
      onWarning: (warning) => warnings.push(warning),
      ...options,
    })
    return new Opening({ session, gate, hosts, warnings })
  }

  /** The number of commands after the start that programs were sent. */
  get sentCommands(): number {
    return this.hosts.typesOf('tool_response', 'tool_error', 'timeout_fired').length
  }

  /** The number of commands, including the start, that the last run of the only program has handled. */
  get handled(): number {
    const handled = this.hosts.received.findLast((message) => message.type === 'handled')
    return handled?.type === 'handled' ? handled.count : 0
  }

  /** Whether the only program has ended. */
  get isOver(): boolean {
    return this.hosts.typesOf('completed', 'failed').length > 0
  }

  /** Resolves when the only program has handled all commands and made its calls, or has ended. Returns false when it has ended. */
  async untilIdle(): Promise<boolean> {
    for (;;) {
      // waits because no event tells when a host has nothing to do.
      await setImmediate()
      if (this.isOver) return false
      const first = this.hosts.received.find((message) => message.type === 'handled')
      const isRestored = this.hosts.typesOf('restore').length > 0
      const begun = isRestored && first?.type === 'handled' ? first.count : 1
      const calls = this.session.ledger('1').filter(({ state }) => state === 'started')
      if (this.handled === begun + this.sentCommands && calls.length === this.gate.waiting.length) return true
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close({ graceMs: 0 })
    await this.hosts[Symbol.asyncDispose]()
  }
}
