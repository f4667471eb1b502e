import { engineNeedPrefix } from '../../../protocol/engine-print.ts'
import { anyEngine, contentNeedPrefixes } from '../content-needs.ts'
import type { Claim, ClaimDueOptions, ClaimOptions, ClaimOutcome, Release } from '../log-database.ts'
import type { SessionName } from '../session-logs.ts'
import { maxIdleEpochs, StoredFields } from '../stored-fields.ts'
import type { SqliteFile } from './sqlite-file.ts'

/** Makes a node the owner of a session, within a transaction. */
export function claimSession(file: SqliteFile, name: SessionName, options: ClaimOptions): ClaimOutcome {
  const { tenant, id } = name
  const { node, mustExist, needs, canReclaim } = options
  const now = Date.now()
  if (!isAlive(file, node, now)) return { type: 'lease_over' }
  const sql = `SELECT owner, node, address FROM sessions LEFT JOIN nodes ON node = owner AND lease_until > ?
    WHERE tenant = ? AND id = ?`
  const row = file.one(sql, now, tenant, id)
  if (row === null) {
    if (mustExist) return { type: 'not_found' }
    file.run(
      `INSERT INTO sessions (tenant, id, epoch, owner, needs, idle_epochs, created_at) VALUES (?, ?, 1, ?, ?, 0, ?)`,
      tenant,
      id,
      node,
      JSON.stringify(needs ?? []),
      now,
    )
    return { type: 'claimed', epoch: 1 }
  }
  const fields = new StoredFields(row, file.path)
  const isOwn = fields.optionalText('owner') === node
  if (isOwn ? !canReclaim : !fields.isNull('node')) return { type: 'held', by: fields.address() }
  if (needs !== null) {
    file.run('UPDATE sessions SET needs = ? WHERE tenant = ? AND id = ?', JSON.stringify(needs), tenant, id)
  }
  return { type: 'claimed', epoch: take(file, name, node) }
}

/** Makes a node the owner of sessions with work, within a transaction; null: its lease has run out. */
export function claimDue(file: SqliteFile, options: ClaimDueOptions): readonly Claim[] | null {
  const { node, count, has, tenants } = options
  const now = Date.now()
  if (!isAlive(file, node, now)) return null
  const fits = `(? IS NULL OR s.tenant IN (SELECT value FROM json_each(?)))
    AND NOT EXISTS (SELECT 1 FROM json_each(s.needs) WHERE value NOT IN (SELECT value FROM json_each(?))
        AND NOT (value LIKE '${engineNeedPrefix}%' AND ?))`
  const tenantList = tenants === null ? null : JSON.stringify(tenants)
  const filter = [tenantList, tenantList, JSON.stringify(has), has.includes(anyEngine) ? 1 : 0]
  const due = file.all(
    `SELECT s.tenant, s.id FROM wakes w JOIN sessions s ON s.tenant = w.tenant AND s.id = w.session
     WHERE w.due <= ? AND ${fits} ORDER BY w.due LIMIT ?`,
    now,
    ...filter,
    count,
  )
  const orphans = file.all(
    `SELECT s.tenant, s.id FROM sessions s WHERE s.owner IS NOT NULL AND ${fits}
       AND NOT EXISTS (SELECT 1 FROM nodes WHERE node = s.owner AND lease_until > ?) LIMIT ?`,
    ...filter,
    now,
    count,
  )
  const claims: Claim[] = []
  for (const row of [...due, ...orphans]) {
    const fields = new StoredFields(row, file.path)
    const name = { tenant: fields.text('tenant'), id: fields.text('id') }
    if (claims.length < count && !isHeld(file, name, now) && !park(file, name)) {
      claims.push({ name, epoch: take(file, name, node) })
    }
  }
  file.run(
    'DELETE FROM nodes WHERE lease_until < ? AND node NOT IN (SELECT owner FROM sessions WHERE owner IS NOT NULL)',
    now - 60_000,
  )
  return claims
}

/** Gives up a session, within a transaction. Entries of the inbox make it due at once. */
export function releaseSession(file: SqliteFile, { tenant, id }: SessionName, release: Release): void {
  const { node, epoch, wakeAt, isParked, needs } = release
  const released = file.run(
    `UPDATE sessions SET owner = NULL, idle_epochs = ?
     WHERE tenant = ? AND id = ? AND epoch = ? AND (owner = ? OR owner IS NULL)`,
    isParked ? maxIdleEpochs : 0,
    tenant,
    id,
    epoch,
    node,
  )
  if (released > 0 && needs !== null) setNeeds(file, { tenant, id }, needs)
  if (released === 0 || isParked) return
  const sql = 'SELECT 1 FROM inbox WHERE tenant = ? AND session = ? AND body IS NOT NULL'
  const due = file.one(sql, tenant, id) === null ? wakeAt : 0
  if (due === null) return
  file.run('INSERT OR REPLACE INTO wakes (tenant, session, due) VALUES (?, ?, ?)', tenant, id, Math.trunc(due))
}

/** Replaces the needs that depend on the content of a session. */
function setNeeds(file: SqliteFile, { tenant, id }: SessionName, needs: readonly string[]): void {
  const isOther = contentNeedPrefixes.map((prefix) => `value NOT LIKE '${prefix}%'`).join(' AND ')
  const sql = `UPDATE sessions SET needs = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(needs) WHERE ${isOther} UNION ALL SELECT value FROM json_each(?)))
    WHERE tenant = ? AND id = ?`
  file.run(sql, JSON.stringify(needs), tenant, id)
}

function take(file: SqliteFile, name: SessionName, node: string): number {
  const { tenant, id } = name
  file.run('DELETE FROM wakes WHERE tenant = ? AND session = ?', tenant, id)
  const row = file.one(
    'UPDATE sessions SET epoch = epoch + 1, owner = ?, idle_epochs = ? WHERE tenant = ? AND id = ? RETURNING epoch',
    node,
    idleEpochs(file, name),
    tenant,
    id,
  )
  return new StoredFields(row, file.path).integer('epoch')
}

/** Parks a session that ended several owners in a row, and returns whether it did. */
function park(file: SqliteFile, name: SessionName): boolean {
  const epochs = idleEpochs(file, name)
  if (epochs < maxIdleEpochs) return false
  const sql = 'UPDATE sessions SET owner = NULL, idle_epochs = ? WHERE tenant = ? AND id = ?'
  file.run(sql, epochs, name.tenant, name.id)
  file.run('DELETE FROM wakes WHERE tenant = ? AND session = ?', name.tenant, name.id)
  return true
}

/** Returns the number of owners in a row that neither added a record nor released the session. */
function idleEpochs(file: SqliteFile, { tenant, id }: SessionName): number {
  const row = file.one('SELECT owner, idle_epochs FROM sessions WHERE tenant = ? AND id = ?', tenant, id)
  const fields = new StoredFields(row, file.path)
  const last = file.one('SELECT took FROM log WHERE tenant = ? AND session = ? ORDER BY seq DESC LIMIT 1', tenant, id)
  const idle = fields.integer('idle_epochs')
  if (fields.isNull('owner')) return idle
  return last?.['took'] === 1 ? idle + 1 : 0
}

function isAlive(file: SqliteFile, node: string, now: number): boolean {
  return file.one('SELECT 1 FROM nodes WHERE node = ? AND lease_until > ?', node, now) !== null
}

function isHeld(file: SqliteFile, { tenant, id }: SessionName, now: number): boolean {
  const sql = 'SELECT 1 FROM sessions JOIN nodes ON node = owner WHERE tenant = ? AND id = ? AND lease_until > ?'
  return file.one(sql, tenant, id, now) !== null
}
