const minuteMs = 60_000

export type Refusal = { readonly status: number; readonly error: string; readonly retryAfterSeconds?: number }

export type QuotaOptions = {
  /** Maximum number of programs of one user that run at the same time. */
  readonly maxRunning: number
  /** Maximum number of programs of one user in a minute. */
  readonly maxPerMinute: number
  /** Maximum time that the programs of one user run in a minute, in milliseconds. */
  readonly maxRunMsPerMinute: number
}

/** The use of one user in a minute, which begins with a program. */
type Use = { running: number; startedAt: number; programs: number; runMs: number }

/** Counts the programs of each user. In a service with several processes, keep the counts in a shared database. */
export class Quotas {
  readonly #options: QuotaOptions
  readonly #uses = new Map<string, Use>()

  constructor(options: QuotaOptions) {
    this.#options = options
  }

  /** Counts a program that starts; returns the reason if the user has no quota left. */
  begin(user: string): Refusal | null {
    const { maxRunning, maxPerMinute, maxRunMsPerMinute } = this.#options
    const use = this.#useOf(user)
    const retryAfterSeconds = Math.ceil((use.startedAt + minuteMs - Date.now()) / 1000)
    if (use.running >= maxRunning) {
      return { status: 429, error: `${maxRunning} programs of ${user} are running`, retryAfterSeconds: 1 }
    }
    if (use.programs >= maxPerMinute) {
      return { status: 429, error: `${user} can run ${maxPerMinute} programs per minute`, retryAfterSeconds }
    }
    if (use.runMs >= maxRunMsPerMinute) {
      return {
        status: 429,
        error: `${user} can run programs for ${maxRunMsPerMinute} ms per minute`,
        retryAfterSeconds,
      }
    }
    use.running++
    use.programs++
    return null
  }

  end(user: string, durationMs: number): void {
    const use = this.#useOf(user)
    use.running--
    use.runMs += durationMs
  }

  #useOf(user: string): Use {
    const use = this.#uses.get(user) ?? { running: 0, startedAt: 0, programs: 0, runMs: 0 }
    const now = Date.now()
    if (now - use.startedAt >= minuteMs) Object.assign(use, { startedAt: now, programs: 0, runMs: 0 })
    this.#uses.set(user, use)
    return use
  }
}
