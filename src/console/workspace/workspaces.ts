import type { ConsoleUser } from '../auth/console-user.ts'
import { LiveSessions } from '../live/live-sessions.ts'
import type { ConsoleSource } from '../sources/console-source.ts'
import { Workspace } from './workspace.ts'

/** Maximum number of tenants whose sessions are watched at the same time. */
const maxTenants = 200

/** The workspaces of tenants. Users of one tenant share one. */
export class Workspaces implements AsyncDisposable {
  readonly #sourceOf: (tenant: string | null) => ConsoleSource | null
  readonly #live: LiveSessions
  readonly #workspaces = new Map<string | null, Workspace>()

  constructor(sourceOf: (tenant: string | null) => ConsoleSource | null, live: LiveSessions) {
    this.#sourceOf = sourceOf
    this.#live = live
  }

  of({ tenant }: ConsoleUser): Workspace {
    const known = this.#workspaces.get(tenant)
    if (known !== undefined) return known
    // The sessions in memory have no tenant, so that users of a tenant do not see them.
    const live = tenant === null ? this.#live : new LiveSessions()
    const workspace = new Workspace({ source: this.#sourceOf(tenant), live })
    this.#makeRoom()
    this.#workspaces.set(tenant, workspace)
    return workspace
  }

  #makeRoom(): void {
    if (this.#workspaces.size < maxTenants) return
    const idle = [...this.#workspaces].find(([, { streams }]) => streams.count === 0)
    if (idle === undefined) return
    this.#workspaces.delete(idle[0])
    void idle[1][Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workspaces.values()].map(async (workspace) => await workspace[Symbol.asyncDispose]()))
  }
}
