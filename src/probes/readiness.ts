/** The duration for which a result counts, in milliseconds: probes need no credentials, and must not cause load. */
const maxAgeMs = 1000

/** The time after which a check that has not settled fails, in milliseconds. */
const defaultLimitMs = 2000

/** A dependency of a process. `reason` is the public text of a failure, and must reveal nothing about the machine. */
export type ReadinessCheck = {
  readonly reason: string
  /** Rejects when the dependency does not work. */
  readonly run: () => Promise<unknown>
}

/** Whether a process accepts work. Concurrent and frequent questions share one run of the checks. */
export class Readiness {
  readonly #checks: readonly RunningCheck[]
  #latest: { readonly at: number; readonly reason: Promise<string | null> } | null = null

  constructor(checks: readonly ReadinessCheck[], { limitMs = defaultLimitMs }: { readonly limitMs?: number } = {}) {
    this.#checks = checks.map((check) => new RunningCheck(check, limitMs))
  }

  /** Returns the reason why the process accepts no work; null when it does. */
  async reason(): Promise<string | null> {
    const now = performance.now()
    if (this.#latest === null || now - this.#latest.at > maxAgeMs) this.#latest = { at: now, reason: this.#run() }
    return await this.#latest.reason
  }

  async #run(): Promise<string | null> {
    const reasons = await Promise.all(this.#checks.map((check) => check.reason()))
    return reasons.find((reason) => reason !== null) ?? null
  }
}

/** One check. A run that is late is not started a second time. */
class RunningCheck {
  readonly #check: ReadinessCheck
  readonly #limitMs: number
  #running: Promise<boolean> | null = null

  constructor(check: ReadinessCheck, limitMs: number) {
    this.#check = check
    this.#limitMs = limitMs
  }

  /** Returns the reason when the check fails or is late; otherwise null. */
  async reason(): Promise<string | null> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), this.#limitMs)
    const works = await Promise.race([(this.#running ??= this.#run()), late])
    clearTimeout(timer)
    return works ? null : this.#check.reason
  }

  async #run(): Promise<boolean> {
    try {
      await this.#check.run()
      return true
    } catch {
      return false
    } finally {
      this.#running = null
    }
  }
}
