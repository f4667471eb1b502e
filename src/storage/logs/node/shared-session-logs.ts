import { randomUUID } from 'node:crypto'
import { CodecellError } from '../../../errors.ts'
import { InboxWatch } from './inbox-watch.ts'
import { Lane } from './lane.ts'
import { maxBatchBytes, maxInboxEntries, maxOpenSessions } from '../limits.ts'
import type { Claim, ClaimDueOptions, LogDatabase, NewRow, Tail } from '../log-database.ts'
import { limitExceeded, logInvalid, sessionNotFound, storeClosed, textOf } from '../log-errors.ts'
import { bodyOf, inboxEntryOf, parseBody, projectionText, RowChain, sumOf } from '../log-rows.ts'
import { NodeLease, type Clocks } from './node-lease.ts'
import type { FleetReport } from '../fleet-report.ts'
import { readFleet } from './read-fleet.ts'
import { readBlob } from './read-blob.ts'
import { OwnedLog } from './owned-log.ts'
import { checkEntryId, checkSessionName, checkTenant, keyOf } from '../session-names.ts'
import type {
  BlobScope,
  Capabilities,
  Digest,
  InboxEntry,
  LogRecord,
  NodeAddress,
  OpenLog,
  OpenOptions,
  SessionLogs,
  SessionName,
  SessionQuery,
  SessionReport,
  SessionSummary,
  TookRecord,
} from '../session-logs.ts'

export type SharedLogsOptions = {
  /**
   * The address of this process for other nodes.
   *
   * @default null
   */
  readonly url?: string | null
  /**
   * The version of codecell, for reports.
   *
   * @default null
   */
  readonly build?: string | null
  /**
   * Duration of the lease of this node, in milliseconds. After the end of a process, others take its sessions over when
   * the lease is over.
   *
   * @default 10000
   */
  readonly leaseMs?: number
  /**
   * The number of statements that append at the same time.
   *
   * @default 4
   */
  readonly lanes?: number
  /** The clocks of the machine; for tests. */
  readonly clocks?: Clocks
  /**
   * Receives what the operator of the store must know, such as a failover that lost rows.
   *
   * @default a warning of the process
   */
  readonly onReport?: (text: string) => void
}

/** The rules of a shared store, on top of the statements of one engine. */
export class SharedSessionLogs implements SessionLogs {
  readonly #database: LogDatabase
  readonly node: NodeAddress
  readonly #lease: NodeLease
  readonly #lanes: readonly Lane[]
  readonly #inboxes: InboxWatch
  readonly #open = new Map<string, OwnedLog>()
  /** Sessions that an `open` under way may claim. */
  readonly #opening = new Set<string>()
  readonly #onReport: (text: string) => void
  /** Whether a claim may have succeeded without this process knowing it. */
  #mayHaveStrays = false
  #isClosed = false

  private constructor(database: LogDatabase, options: SharedLogsOptions) {
    this.#database = database
    this.node = { node: randomUUID(), url: options.url ?? null }
    this.#onReport = options.onReport ?? ((text) => process.emitWarning(text))
    this.#lanes = Array.from({ length: options.lanes ?? 4 }, () => new Lane(database))
    this.#inboxes = new InboxWatch(database, this.node.node)
    this.#lease = new NodeLease(database, {
      node: this.node,
      build: options.build ?? null,
      ttlMs: options.leaseMs ?? 10_000,
      ...(options.clocks === undefined ? {} : { clocks: options.clocks }),
      onLapse: () => this.#dropTaken(),
    })
  }

  /**
   * Starts a node of the store.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  static async start(database: LogDatabase, options: SharedLogsOptions): Promise<SharedSessionLogs> {
    const logs = new SharedSessionLogs(database, options)
    try {
      await logs.#lease.renew()
      return logs
    } catch (error) {
      await logs[Symbol.asyncDispose]()
      throw error
    }
  }

  async open(name: SessionName, options: OpenOptions): Promise<OpenLog | { readonly heldBy: NodeAddress }> {
    checkSessionName(name)
    this.#demandUsable()
    const key = keyOf(name)
    if (this.#open.has(key) || this.#opening.has(key)) return { heldBy: this.node }
    this.#demandRoom(1)
    this.#opening.add(key)
    try {
      return await this.#claimAndOpen(name, options)
    } finally {
      this.#opening.delete(key)
    }
  }

  ownerOf(name: SessionName): Promise<NodeAddress | null> {
    checkSessionName(name)
    this.#demandUsable()
    return this.#database.ownerOf(name)
  }

  async takeDue(count: number, { has, tenants }: Capabilities): Promise<readonly OpenLog[]> {
    this.#demandUsable()
    const room = Math.min(count, maxOpenSessions - this.#open.size - this.#opening.size)
    if (room <= 0) return []
    const strays = await this.#claimStrays()
    const options = { node: this.node.node, count: room - strays.length, has, tenants: tenants ?? null }
    return this.#openAll([...strays, ...(options.count > 0 ? await this.#claimDue(options) : [])])
  }

  async post(name: SessionName, entry: InboxEntry): Promise<void> {
    checkSessionName(name)
    checkEntryId(entry)
    this.#demandUsable()
    const body = JSON.stringify(entry.body ?? null)
    const bytes = Buffer.byteLength(body)
    if (bytes > maxBatchBytes) {
      throw limitExceeded('post an entry', 'bytes', { limit: 'maxBatchBytes', max: maxBatchBytes, observed: bytes })
    }
    const posted = await this.#database.post(name, { id: entry.id, kind: entry.kind, body }, maxInboxEntries)
    if (posted === 'not_found') throw sessionNotFound(name, this.#database.where)
    if (posted === 'posted') return
    throw limitExceeded(`post to session "${textOf(name)}"`, 'entries in its inbox', {
      limit: 'maxInboxEntries',
      max: maxInboxEntries,
      observed: maxInboxEntries + 1,
    })
  }

  async read(name: SessionName): Promise<SessionReport> {
    checkSessionName(name)
    this.#demandUsable()
    const stored = await this.#database.read(name)
    if (stored === null) throw sessionNotFound(name, this.#database.where)
    const { summary, snapshot, snapshotParts, rows, approvals, entries } = stored
    const records: LogRecord[] = []
    for (const [part, body] of snapshotParts.entries()) {
      records.push(...parseBody(name, body, `part ${part} of its snapshot`))
    }
    const chain = new RowChain(name, snapshot)
    for (const row of rows) records.push(...chain.next(row))
    return {
      ...summary,
      records,
      approvalList: approvals.map((text) => JSON.parse(text)),
      entries: entries.map(inboxEntryOf),
    }
  }

  async readBlob(name: SessionName, digest: Digest, scope: BlobScope = 'session'): Promise<Uint8Array> {
    checkSessionName(name)
    this.#demandUsable()
    return await readBlob(this.#database, name, { digest, scope })
  }

  async *list(query: SessionQuery): AsyncGenerator<SessionSummary> {
    checkTenant(query.tenant)
    for (let after = query.after ?? ''; ;) {
      this.#demandUsable()
      const page = await this.#database.list({ ...query, after }, pageSize)
      yield* page
      const last = page.at(-1)
      if (last === undefined || page.length < pageSize) return
      after = last.name.id
    }
  }

  async remove(name: SessionName): Promise<void> {
    checkSessionName(name)
    this.#demandUsable()
    if ((await this.#database.remove(name)) === 'removed') return
    const text = `Cannot remove session "${textOf(name)}": a node has it open; release it first`
    throw new CodecellError('SESSION_IN_USE', text)
  }

  async fleet(tenant: string | null): Promise<FleetReport> {
    if (tenant !== null) checkTenant(tenant)
    this.#demandUsable()
    return await readFleet(this.#database.fleet, this.node.node, tenant)
  }

  async drain(): Promise<void> {
    this.#demandUsable()
    await this.#lease.drain()
  }

  /** Ends the lease of the node: others can take its sessions over at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const lane of this.#lanes) lane.close()
    for (const log of this.#open.values()) log.dispose()
    await this.#lease.close()
    await this.#database[Symbol.asyncDispose]()
  }

  async #claimAndOpen(
    name: SessionName,
    { mustExist, needs }: OpenOptions,
  ): Promise<OpenLog | { readonly heldBy: NodeAddress }> {
    const { node } = this.node
    for (;;) {
      const claim = await this.#guardClaim(() =>
        this.#database.claim(name, { node, mustExist, needs: needs ?? null, canReclaim: true }),
      )
      if (claim.type === 'held') return { heldBy: claim.by }
      if (claim.type === 'not_found') throw sessionNotFound(name, this.#database.where)
      if (claim.type === 'lease_over') {
        await this.#lease.renew()
        continue
      }
      const log = await this.#openClaimed({ name, epoch: claim.epoch })
      if (log !== null) return log
    }
  }

  async #claimDue(options: ClaimDueOptions): Promise<readonly Claim[]> {
    for (;;) {
      const claims = await this.#guardClaim(() => this.#database.claimDue(options))
      if (claims !== null) return claims
      await this.#lease.renew()
    }
  }

  /** Opens claimed sessions. One that cannot be opened does not keep the others from their node. */
  async #openAll(claims: readonly Claim[]): Promise<readonly OwnedLog[]> {
    const results = await Promise.allSettled(claims.map((claim) => this.#openClaimed(claim)))
    const opened = results.map((result) => (result.status === 'fulfilled' ? result.value : null))
    const logs = opened.filter((log) => log !== null)
    const failed = results.filter((result) => result.status === 'rejected')
    for (const { reason } of failed) {
      if (CodecellError.is(reason, 'SESSION_INVALID')) this.#onReport(reason.message)
      else if (logs.length === 0) throw reason
    }
    return logs
  }

  /** Writes the `took` row of a claim. Returns null when another node has claimed the session since. */
  async #openClaimed({ name, epoch }: Claim): Promise<OwnedLog | null> {
    return this.#guardClaim(async () => {
      for (;;) {
        const tail = await this.#database.tail(name)
        if (tail === null || tail.epoch !== epoch) return null
        if (tail.snapshot !== null && tail.seq < tail.snapshot.seq) {
          const release = { node: this.node.node, epoch, wakeAt: null, isParked: true, needs: null }
          await this.#database.release(name, release)
          throw logInvalid(name, `row ${tail.snapshot.seq} of the log is missing; restore the store from a backup`)
        }
        const row = this.#tookRow(name, epoch, tail)
        const outcome = await this.#laneOf(name).insert(row, { isRetried: false })
        if (outcome === 'added') {
          return this.#register(name, epoch, {
            ...tail,
            seq: row.seq,
            sum: row.sum,
            bytes: tail.bytes + row.body.length,
          })
        }
      }
    })
  }

  #tookRow(name: SessionName, epoch: number, tail: Tail): NewRow {
    const took: TookRecord = { type: 'took', cell: 0, epoch, node: this.node.node, at: Date.now() }
    const body = bodyOf([JSON.stringify(took)])
    const seq = tail.seq + 1
    return {
      name,
      seq,
      epoch,
      isTook: true,
      previousSum: tail.sum,
      sum: sumOf(tail.sum, { seq, epoch, body }),
      body,
      projection: tail.projection ?? projectionText(emptyProjection),
      approvals: null,
      taken: [],
    }
  }

  #register(name: SessionName, epoch: number, tail: Tail): OwnedLog {
    const key = keyOf(name)
    const log = new OwnedLog({
      name,
      node: this.node.node,
      epoch,
      tail,
      database: this.#database,
      lane: this.#laneOf(name),
      inboxes: this.#inboxes,
      deadline: this.#lease.deadline,
      clock: this.#lease.clock,
      leaseTrouble: () => this.#lease.trouble,
      onClosed: () => {
        if (this.#open.get(key) === log) this.#open.delete(key)
      },
      onReport: this.#onReport,
    })
    // This node can claim a session twice, by its name and as due. The later claim counts.
    const other = this.#open.get(key)
    if (other !== undefined && other.epoch > epoch) log.loseToClaim()
    else {
      this.#open.set(key, log)
      other?.loseToClaim()
    }
    if (this.#isClosed) log.dispose()
    return log
  }

  /** After a claim with an unknown effect, this node may own sessions that it does not have open. */
  async #guardClaim<Result>(claim: () => Promise<Result>): Promise<Result> {
    try {
      return await claim()
    } catch (error) {
      this.#mayHaveStrays = true
      throw error
    }
  }

  /** Claims sessions again that this node owns without having them open. */
  async #claimStrays(): Promise<readonly Claim[]> {
    if (!this.#mayHaveStrays) return []
    const { node } = this.node
    const owned = await this.#database.owned(node)
    this.#mayHaveStrays = false
    const strays = owned.filter(({ name }) => !this.#open.has(keyOf(name)) && !this.#opening.has(keyOf(name)))
    const claims: Claim[] = []
    for (const { name } of strays) {
      const options = { node, mustExist: true, needs: null, canReclaim: true }
      const claim = await this.#guardClaim(() => this.#database.claim(name, options))
      if (claim.type === 'claimed') claims.push({ name, epoch: claim.epoch })
    }
    return claims
  }

  /** Closes the logs that others took over while the lease of this node was over. */
  async #dropTaken(): Promise<void> {
    const before = [...this.#open.entries()]
    const owned = await this.#database.owned(this.node.node)
    const epochs = new Map(owned.map(({ name, epoch }) => [keyOf(name), epoch]))
    const taken = before.filter(([key, log]) => epochs.get(key) !== log.epoch)
    await Promise.all(taken.map(([, log]) => log.checkOwner()))
  }

  #laneOf(name: SessionName): Lane {
    let hash = 0
    for (const character of keyOf(name)) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
    const lane = this.#lanes[hash % this.#lanes.length]
    if (lane === undefined) throw storeClosed(this.#database.where)
    return lane
  }

  #demandUsable(): void {
    if (this.#isClosed) throw storeClosed(this.#database.where)
  }

  #demandRoom(count: number): void {
    const observed = this.#open.size + this.#opening.size + count
    if (observed <= maxOpenSessions) return
    throw limitExceeded('open a session', 'open sessions', { limit: 'maxOpenSessions', max: maxOpenSessions, observed })
  }
}

const pageSize = 200

const emptyProjection = { wakeAt: null, approvals: [], counts: { running: 0, finished: 0, closed: 0 } }
