import type { Pool, PoolClient } from 'pg'
import { storeClosed } from '../log-errors.ts'
import { codeOf, reachError } from './postgres-errors.ts'
import type { StoreAddress } from './store-url.ts'

/** The part of the module `pg`, an optional peer, that a store uses. */
export type PgModule = Pick<typeof import('pg'), 'Pool'>

/** Codes of work that the server undid because of other work at the same time, such as a deadlock. It can be done again at once. */
const conflictCodes = new Set(['40001', '40P01'])
const maxConflicts = 5

/**
 * How long a transaction may wait for its node between two statements, in milliseconds. Then the server ends its connection: a node
 * that stands still would hold its locks, so no other node could take its sessions.
 */
const maxIdleMs = 5000

export type PgRow = Readonly<Record<string, unknown>>

export type ConnectionOptions = {
  /** The number of connections for everything except the lease. */
  readonly connections: number
  /** How long a statement may take, in milliseconds. */
  readonly statementMs: number
}

/** Runs one statement; `@.` in it stands for the schema. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<readonly PgRow[]>

/**
 * The connections of a node to a server. It uses no state of a connection, so PgBouncer can share connections between
 * transactions.
 */
export class PostgresConnection {
  readonly where: string
  readonly schema: string
  readonly #pool: Pool
  /** The lease must not wait for other statements. */
  readonly #leasePool: Pool
  readonly #statements = new Map<string, string>()
  #isClosed = false

  constructor({ Pool }: PgModule, address: StoreAddress, options: ConnectionOptions) {
    this.where = address.where
    this.schema = address.schema
    const common = {
      connectionString: address.connectionString,
      application_name: 'codecell',
      connectionTimeoutMillis: Math.min(5000, options.statementMs),
      idleTimeoutMillis: 60_000,
      query_timeout: options.statementMs,
      keepAlive: true,
      allowExitOnIdle: true,
    }
    this.#pool = new Pool({ ...common, max: options.connections })
    this.#leasePool = new Pool({ ...common, max: 1 })
    // A connection that breaks while it is idle is replaced when the next statement needs one.
    for (const pool of [this.#pool, this.#leasePool]) pool.on('error', ignore)
  }

  /**
   * Runs one statement, which is a transaction.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`
   */
  readonly query: Query = (sql, values = []) => this.#run(this.#pool, sql, values)

  /** Runs one statement on the connection of the lease. */
  readonly leaseQuery: Query = (sql, values = []) => this.#run(this.#leasePool, sql, values)

  /**
   * Runs several statements as one transaction.
   *
   * @throws {CodecellError} `STORE_UNREACHABLE`, and other errors of `work`
   */
  async transaction<Result>(work: (query: Query) => Promise<Result>, begin = 'BEGIN'): Promise<Result> {
    return await this.#repeated(() => this.rawTransaction(work, begin))
  }

  /** Does work again that met a conflict. */
  async #repeated<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (attempt === maxConflicts || !conflictCodes.has(codeOf(error))) throw reachError(this.where, error)
      }
    }
  }

  /** Runs several statements as one transaction, with the errors of the driver. */
  async rawTransaction<Result>(work: (query: Query) => Promise<Result>, begin = 'BEGIN'): Promise<Result> {
    if (this.#isClosed) throw storeClosed(this.where)
    const client = await this.#pool.connect()
    client.on('error', ignore)
    try {
      const result = await this.#transact(client, work, begin)
      client.off('error', ignore)
      client.release()
      return result
    } catch (error) {
      // The server rolls back when the connection ends.
      client.release(true)
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all([this.#pool.end(), this.#leasePool.end()])
  }

  async #transact<Result>(client: PoolClient, work: (query: Query) => Promise<Result>, begin: string): Promise<Result> {
    await client.query(`${begin}; SET LOCAL idle_in_transaction_session_timeout = ${maxIdleMs}`)
    const result = await work(async (sql, values = []) => (await client.query(this.#expand(sql), [...values])).rows)
    await client.query('COMMIT')
    return result
  }

  async #run(pool: Pool, sql: string, values: readonly unknown[]): Promise<readonly PgRow[]> {
    if (this.#isClosed) throw storeClosed(this.where)
    const { rows } = await this.#repeated(() => pool.query(this.#expand(sql), [...values]))
    return rows
  }

  #expand(sql: string): string {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const expanded = expandSchema(sql, this.schema)
    this.#statements.set(sql, expanded)
    return expanded
  }
}

/** The statement under way reports the error of its connection. */
function ignore(): void {}

/** Replaces `@.` by the name of the schema. */
function expandSchema(sql: string, schema: string): string {
  return sql.replaceAll('@.', `"${schema}".`)
}

/** SQL of the time of the server in milliseconds since 1970. */
export const nowMs = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint'
