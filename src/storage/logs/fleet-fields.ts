import type { EngineSums, StoredNode, TenantSums, WaitingSums } from './fleet-database.ts'
import { StoredFields } from './stored-fields.ts'

/** The columns of reports about all sessions of a store, of either engine. */
export class FleetFields extends StoredFields {
  node(): StoredNode {
    return {
      ...this.address(),
      build: this.optionalText('build'),
      isDraining: this.boolean('draining'),
      leaseUntil: this.integer('lease_until'),
      aliveSince: this.integer('alive_since'),
      sessions: this.integer('sessions'),
    }
  }

  tenantSums(): TenantSums {
    return {
      tenant: this.text('tenant'),
      lastId: this.text('last_id'),
      sessions: this.integer('sessions'),
      open: this.integer('open'),
      abandoned: this.integer('abandoned'),
      abandonedSince: this.#optionalInteger('abandoned_since'),
      running: this.integer('running'),
      finished: this.integer('finished'),
      closed: this.integer('closed'),
      parked: this.integer('parked'),
      parkedIds: this.#texts('parked_ids'),
    }
  }

  engineSums(): EngineSums {
    return { engine: this.text('engine'), name: this.text('name'), cells: this.integer('cells') }
  }

  waitingSums(): WaitingSums {
    return {
      tenant: this.text('tenant'),
      due: this.integer('due'),
      dueSince: this.#optionalInteger('due_since'),
      waiting: this.integer('waiting'),
      nextDueAt: this.#optionalInteger('next_due'),
      entries: this.integer('entries'),
      oldestEntryAt: this.#optionalInteger('oldest_entry'),
      approvals: this.integer('approvals'),
      oldestApprovalAt: this.#optionalInteger('oldest_approval'),
    }
  }

  #optionalInteger(name: string): number | null {
    return this.isNull(name) ? null : this.integer(name)
  }

  /** A column with a JSON array of strings, or null. */
  #texts(name: string): readonly string[] {
    const values: unknown = JSON.parse(this.optionalText(name) ?? '[]')
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []
  }
}
