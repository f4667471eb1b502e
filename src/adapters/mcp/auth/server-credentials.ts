import type { HttpServerConfig } from '../config/server-config.ts'
import { ClientCredentials } from './client-credentials.ts'
import { CredentialFile } from './store/credential-file.ts'
import type { ServerCredentials } from './credentials.ts'
import { LoginCredentials } from './login-credentials.ts'

/** Returns the credentials of a server; null for one with a header of its own, or whose logins are switched off. */
export function credentialsOf(server: HttpServerConfig, credentialsDir: string | null): ServerCredentials | null {
  const { oauth, authProvider } = server
  if (oauth === false || authProvider !== undefined || hasAuthorization(server)) return null
  if (oauth?.grantType === 'client_credentials') return new ClientCredentials(server, oauth)
  return new LoginCredentials(server, new CredentialFile(credentialsDir))
}

/** Returns whether the configuration has a header `Authorization`, which no token replaces. */
export function hasAuthorization({ headers }: HttpServerConfig): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
}
