import { readSession, readSessions } from '../../src/index.ts'
import { postgresStore } from '../../src/store.ts'
import { querySql, runSql } from '../support/postgres/shared-server.ts'
import { PostgresServer } from '../support/postgres/postgres-server.ts'
import type { FaultPlan } from './fault-plan.ts'
import { isLoss } from './fault-plan.ts'
import { SeededRandom } from './random.ts'

/** Duration of the leases of the agents, in milliseconds. */
export const leaseMs = 3000

/** The session of a scenario in a shared store. */
export type ScenarioStore = {
  readonly url: string
  readonly tenant: string
  /** Ends the lease of the process that had the session and is gone, as if its time was over. */
  readonly endLease: () => Promise<void>
  /** Resolves when the lease of the owner, which is stopped, is over. */
  readonly leaseOver: () => Promise<void>
  /** Ends the server as a crash does, and starts it again. */
  readonly crash: () => Promise<void>
  /** Returns the reason why the log of the session is not readable; null: it is. */
  readonly problem: () => Promise<string | null>
}

/** A PostgreSQL server for the scenarios of a campaign, each with a tenant of its own. */
export class CampaignStore implements AsyncDisposable {
  readonly #server: PostgresServer
  #crash: Promise<void> | null = null

  private constructor(server: PostgresServer) {
    this.#server = server
  }

  static async start(): Promise<CampaignStore> {
    const server = await PostgresServer.start()
    await using store = postgresStore(server.url())
    await readSessions({ store })
    return new CampaignStore(server)
  }

  scenario(tenant: string): ScenarioStore {
    const url = this.#server.url()
    const owner = `(SELECT owner FROM codecell.sessions WHERE tenant = '${tenant}' AND id = 'scenario')`
    return {
      url,
      tenant,
      endLease: () =>
        this.#onServer(() => runSql(url, `UPDATE codecell.nodes SET lease_until = 0 WHERE node = ${owner}`)),
      leaseOver: async () => {
        const alive = `SELECT 1 FROM codecell.nodes WHERE node = ${owner}
          AND lease_until > extract(epoch FROM clock_timestamp()) * 1000`
        // waits because the lease of a stopped process ends by itself
        while ((await this.#onServer(() => querySql(url, alive))).length > 0) await delay(100)
      },
      crash: () => this.#crashOnce(),
      problem: async () => {
        await using store = postgresStore(url, { tenant })
        return await readSession({ store, sessionId: 'scenario' }).then(
          () => null,
          (error: unknown) => String(error),
        )
      },
    }
  }

  /** Crashes at the same time are one. */
  #crashOnce(): Promise<void> {
    this.#crash ??= this.#server.crash().finally(() => (this.#crash = null))
    return this.#crash
  }

  /** Repeats work that a crash interrupts. */
  async #onServer<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#crash
        return await work()
      } catch (error) {
        if (attempt === 50) throw error
        await delay(100)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#crash
    await this.#server.stop()
  }
}

/**
 * Returns a plan for a session in a shared store: it has no files to damage, a process loses it when it is stopped for longer than its
 * lease, and some faults restart the server.
 */
export function overStore(plan: FaultPlan, seed: number): FaultPlan {
  const random = new SeededRandom(seed)
  const faults = plan.faults.map((fault) => {
    const target = isLoss(fault) ? ('paused' as const) : random.below(4) === 0 ? ('server' as const) : fault.target
    return { ...fault, target, damage: 'none' as const }
  })
  return { ...plan, faults, sync: false }
}

async function delay(ms: number): Promise<void> {
  // waits because neither the server nor the lease announces its end
  await new Promise((resolve) => setTimeout(resolve, ms))
}
