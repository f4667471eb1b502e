import type { EngineSums, NeedSums, SessionSums, StoredNode, TenantSums, WaitingSums } from './fleet-database.ts'
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
      parkedIds: this.#list('parked_ids').filter((id) => typeof id === 'string'),
    }
  }

  /** Every row of a page has the engines of the whole page. */
  engineSums(): readonly EngineSums[] {
    return this.#list('engines').map((value) => {
      const fields = new FleetFields(value, 'in a report')
      return { engine: fields.text('engine'), name: fields.text('name'), cells: fields.integer('cells') }
    })
  }

  needSums(): NeedSums {
    return { tenant: this.text('tenant'), capability: this.text('need'), sessions: this.integer('sessions') }
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

  /** A column with a JSON array, or null. */
  #list(name: string): readonly unknown[] {
    const values: unknown = JSON.parse(this.optionalText(name) ?? '[]')
    return Array.isArray(values) ? values : []
  }
}

/** Returns the sums of one page from the rows of its tenants. */
export function sessionSums(rows: readonly FleetFields[]): SessionSums {
  return { tenants: rows.map((row) => row.tenantSums()), engines: rows[0]?.engineSums() ?? [] }
}
