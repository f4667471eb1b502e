import { untilAborted } from '../session/common/until-aborted.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { CodecellError, messageOf } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { defaultEngine } from '../protocol/default-engine.ts'
import type { HostPool } from '../session/api/host-pool.ts'
import type { Session } from '../session/api/session-options.ts'
import { createHostPool } from '../session/hosts/create-host-pool.ts'
import { onEngineNeeds } from '../session/session-internals.ts'
import { createSession } from '../session/create-session.ts'
import type { HeldSession } from './held-session.ts'
import { HeldSessions, nodeClosed } from './held-sessions.ts'
import {
  resolveNodeOptions,
  useOptionNames,
  type NodeOptions,
  type ResolvedNodeOptions,
  type SessionNode,
  type UseOptions,
} from './node-options.ts'
import { Waker } from './waker.ts'

/** Interval between attempts to open a session that another process has open, in milliseconds; half of it is random. */
const ownerRetryMs = 500

/**
 * Creates a node: it opens sessions of a shared store when they are used or have work, and releases them while they only wait. Due
 * timers fire, and results of deferred calls arrive, on any node of the store. Sessions of a process that ended resume on another node.
 *
 * @throws {CodecellError} `INVALID_OPTION` for an unknown option or an invalid value
 * @example
 * ```ts
 * await using store = postgresStore('postgres://agent@db.example/app')
 * await using node = createNode({ store, session: () => ({ tools }) })
 * await node.use('invoices', (session) => session.execute('text("hello")'))
 * ```
 */
export function createNode(options: NodeOptions): SessionNode {
  return new StoreNode(resolveNodeOptions(options))
}

class StoreNode implements SessionNode {
  readonly #options: ResolvedNodeOptions
  readonly #sessions: HeldSessions
  readonly #waker: Waker
  readonly #closing = new AbortController()
  /** The engines of the hosts of the session that was opened last; null when they can have any, or none is known. */
  #engines: readonly string[] | null = null
  /** The pool of the sessions without hosts of their own. */
  #hosts: HostPool | null = null

  constructor(options: ResolvedNodeOptions) {
    const { store, capabilities, maxSessions, hibernateMs } = options
    this.#options = options
    const onError = (error: unknown, sessionId: string | null): void => this.#report(error, sessionId)
    this.#sessions = new HeldSessions({ maxSessions, hibernateMs, open: (held) => this.#open(held), onError })
    this.#waker = new Waker({
      store,
      capabilities,
      engines: () => this.#engines,
      onError,
      room: () => this.#sessions.room,
      open: async (sessionId) => await this.#wake(sessionId),
    })
  }

  async use<Result>(
    sessionId: string,
    work: (session: Session) => Result | Promise<Result>,
    options: UseOptions = {},
  ): Promise<Result> {
    checkOptions('use', options, useOptionNames)
    const { signal } = options
    signal?.throwIfAborted()
    const held = await this.#sessions.acquire(sessionId, performance.now() + this.#options.maxOwnerWaitMs)
    try {
      const session = await (signal === undefined ? held.opened : untilAborted(held.opened, signal))
      return await work(session)
    } finally {
      held.users--
    }
  }

  async #wake(sessionId: string): Promise<void> {
    const held = await this.#sessions.acquire(sessionId, 0)
    try {
      await held.opened
    } finally {
      held.users--
    }
  }

  async #open(held: HeldSession): Promise<Session> {
    const { store, session } = this.#options
    const { id: sessionId } = held
    const { hosts = this.#ownHosts(), ...options } = await session(sessionId)
    for (;;) {
      if (this.#closing.signal.aborted) throw nodeClosed(sessionId)
      try {
        const opened = await createSession({ ...options, hosts, store, sessionId })
        onEngineNeeds(opened, (needs) => (this.#engines = needs))
        return opened
      } catch (error) {
        if (!CodecellError.is(error, 'SESSION_IN_USE') || performance.now() >= held.waitsUntil) throw error
      }
      const waitMs = (ownerRetryMs * (1 + Math.random())) / 2
      await delay(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  #ownHosts(): HostPool {
    this.#hosts ??= createHostPool({ min: 0, engine: this.#options.engine ?? defaultEngine })
    return this.#hosts
  }

  openSessions(): readonly string[] {
    return this.#sessions.ids
  }

  poke(): void {
    this.#waker.poke()
  }

  #report(error: unknown, sessionId: string | null): void {
    const { onError, store } = this.#options
    if (onError !== undefined) return onError(error, sessionId)
    const failed = sessionId === null ? 'look for due sessions in' : `wake session "${sessionId}" of`
    const text = `Cannot ${failed} the store ${store.location}: ${messageOf(error)}`
    process.emitWarning(text, { type: 'CodecellWarning' })
  }

  /** Stops waking, and closes the sessions. Those with work are due at once, for other nodes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#waker[Symbol.asyncDispose](), this.#sessions[Symbol.asyncDispose]()])
    await this.#hosts?.[Symbol.asyncDispose]()
  }
}
