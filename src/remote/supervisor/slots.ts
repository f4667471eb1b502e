import type { SlotUse } from '../link/link-message.ts'
import type { TenantUse } from '../link/status-message.ts'

/** The slots of a supervisor: one for each host process, with a maximum for each tenant. */
export class Slots {
  readonly #slots: number
  readonly #tenantSlots: number
  readonly #used = new Map<string, number>()

  constructor(slots: number, tenantSlots: number) {
    this.#slots = slots
    this.#tenantSlots = tenantSlots
  }

  get use(): SlotUse {
    const used = this.#used.values().reduce((sum, count) => sum + count, 0)
    return { used, slots: this.#slots }
  }

  /** Returns the tenants that use slots, those that use the most first. An empty list of names stands for all. */
  tenants(names: readonly string[]): readonly TenantUse[] {
    return [...this.#used]
      .filter(([tenant]) => names.length === 0 || names.includes(tenant))
      .map(([tenant, used]) => ({ tenant, used }))
      .toSorted((left, right) => right.used - left.used)
  }

  /** Takes a slot. Returns the reason why none is free; null when the tenant has one more. */
  take(tenant: string): string | null {
    const { used, slots } = this.use
    const ofTenant = this.#used.get(tenant) ?? 0
    if (used >= slots) return `its ${slots} slots are in use`
    if (ofTenant >= this.#tenantSlots) return `the ${this.#tenantSlots} slots of tenant "${tenant}" are in use`
    this.#used.set(tenant, ofTenant + 1)
    return null
  }

  release(tenant: string): void {
    const left = (this.#used.get(tenant) ?? 0) - 1
    if (left > 0) this.#used.set(tenant, left)
    else this.#used.delete(tenant)
  }
}
