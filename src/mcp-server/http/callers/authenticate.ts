import type { Caller } from '../clients/http-request.ts'

/** `challenge` is the `www-authenticate` header of the refusal. */
export type Authentication =
  | { readonly type: 'caller'; readonly caller: Caller }
  | {
      readonly type: 'refuse'
      readonly status: number
      readonly text: string
      readonly challenge?: string
      readonly retryAfter?: number
    }

/** Finds the caller of a request by its token, which is null when the request has none. */
export type Authenticate = (token: string | null) => Promise<Authentication>
