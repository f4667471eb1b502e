import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server'

/** The facts about an HTTP request that its handlers need. */
export type RequestRights = {
  /** Whether the client may decide about calls that need an approval. */
  readonly mayDecide: boolean
  /** Aborts when the connection ends before the response. Null where this means that the client canceled its request. */
  readonly disconnected: AbortSignal | null
  /**
   * Discards the response, because this process no longer has the session. Returns false when a part of it has been sent. Null where
   * no other process can handle the request.
   */
  readonly discard: ((reason: DiscardReason) => boolean) | null
}

/** `moved`: the request can be handled again. `unknown`: it can have had an effect. */
export type DiscardReason = 'moved' | 'unknown'

const usualRights: RequestRights = { mayDecide: true, disconnected: null, discard: null }

const rightsByAuth = new WeakMap<object, RequestRights>()

/** Returns what the SDK passes from a request to its handlers. It has no token, so that no log can have it. */
export function authOf(caller: string, rights: RequestRights): AuthInfo {
  const auth: AuthInfo = { token: '', clientId: caller, scopes: [] }
  rightsByAuth.set(auth, rights)
  return auth
}

export function rightsOf({ http }: ServerContext): RequestRights {
  const auth = http?.authInfo
  return (auth === undefined ? undefined : rightsByAuth.get(auth)) ?? usualRights
}
