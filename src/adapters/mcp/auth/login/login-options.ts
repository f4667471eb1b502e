/** A code that the user enters on any device. */
export type McpDeviceCode = {
  readonly verificationUrl: string
  /** The URL that has the code already; null if the server has none. */
  readonly completeUrl: string | null
  readonly userCode: string
  /** The timestamp in milliseconds at which the code expires. */
  readonly expiresAt: number
}

export type McpLoginOptions = {
  /** Scopes to request in addition to those of the settings and of an earlier login. */
  readonly scopes?: readonly string[]
  /**
   * Receives the URL at which the user logs in, to open or to show it. The login waits for the redirect to this machine.
   */
  readonly onUrl?: (url: string) => void
  /** Receives a code instead: the user enters it on any device (RFC 8628). */
  readonly onDeviceCode?: (code: McpDeviceCode) => void
  /**
   * Returns the URL that the browser was redirected to, or its `code`, for a browser on another machine; null if the user has none.
   */
  readonly readRedirect?: (signal: AbortSignal) => Promise<string | null>
  /**
   * Timeout of the login in milliseconds.
   *
   * @default 300000
   */
  readonly timeoutMs?: number
  /**
   * The folder with the logins of the user.
   *
   * @default the folder that `codecell login` uses
   */
  readonly credentialsDir?: string
  /** Cancels the login when aborted. */
  readonly signal?: AbortSignal
}

/** A stored login, without its tokens. */
export type McpLogin = {
  readonly url: string
  /** The authorization server. */
  readonly issuer: string
  readonly clientId: string
  /** The granted scopes; null if the server did not state them. */
  readonly scope: string | null
  /** The timestamp in milliseconds at which the token expires; null if unknown. */
  readonly expiresAt: number | null
  /** Whether the token is refreshed when it expires. */
  readonly canRefresh: boolean
  /** The timestamp of the login in milliseconds. */
  readonly since: number
}
