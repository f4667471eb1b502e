import { extractWWWAuthenticateParams } from '@modelcontextprotocol/client'
import type { Challenge } from './discovery.ts'

/** Returns the parts of `WWW-Authenticate` in a response. */
export function challengeOf(response: Response): Challenge {
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response)
  return {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(scope === undefined ? {} : { scope }),
    ...(error === undefined ? {} : { error }),
  }
}
