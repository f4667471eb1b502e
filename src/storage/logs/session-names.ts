import { invalidStoreOption } from './log-errors.ts'
import type { InboxEntry, SessionName } from './session-logs.ts'

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const nameRule = '1 to 128 letters, digits, ".", "_" and "-", beginning with a letter or digit'

/** @throws {CodecellError} `INVALID_OPTION` */
export function checkSessionName({ tenant, id }: SessionName): void {
  checkTenant(tenant)
  if (namePattern.test(id)) return
  throw invalidStoreOption('sessionId', `Cannot name a session ${shown(id)}: expected ${nameRule}`)
}

/** @throws {CodecellError} `INVALID_OPTION` */
export function checkTenant(tenant: string): void {
  if (namePattern.test(tenant)) return
  throw invalidStoreOption('tenant', `Cannot name a tenant ${shown(tenant)}: expected ${nameRule}`)
}

/** @throws {CodecellError} `INVALID_OPTION` */
export function checkEntryId({ id, kind }: InboxEntry): void {
  for (const [option, value] of [
    ['id', id],
    ['kind', kind],
  ] as const) {
    if (/^[!-~]{1,200}$/.test(value)) continue
    const expected = 'expected 1 to 200 printable ASCII characters'
    throw invalidStoreOption(option, `Cannot post an entry with the ${option} ${shown(value)}: ${expected}`)
  }
}

/** Returns a key for maps. Neither part of a name contains a slash. */
export function keyOf({ tenant, id }: SessionName): string {
  return `${tenant}/${id}`
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 200))
}
