import type { X509Certificate } from 'node:crypto'

const prefix = 'urn:codecell:tenant:'
const name = /^[\w.-]{1,100}$/

/** The tenant of nodes that name none, in neither the certificate nor `hello`. */
export const defaultTenant = 'default'

/** Whether a string can name a tenant: 1 to 100 letters, digits, "_", "." and "-". */
export function isTenantName(text: string): boolean {
  return name.test(text)
}

/**
 * Returns the tenants that a certificate names by alternative names of the form `urn:codecell:tenant:NAME`. The common name is not
 * used, because it often names a machine. Returns null when the alternative names cannot be read.
 */
export function tenantsOf({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): readonly string[] | null {
  const tenants: string[] = []
  // Node quotes values that could be mistaken for several names.
  const entry = /([\w ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y
  const names = subjectAltName ?? ''
  while (entry.lastIndex < names.length) {
    const [, kind = '', value = ''] = entry.exec(names) ?? []
    if (kind === '') return null
    if (kind !== 'URI' || !value.startsWith(prefix)) continue
    const tenant = value.slice(prefix.length)
    if (!isTenantName(tenant)) return null
    tenants.push(tenant)
  }
  return tenants
}
