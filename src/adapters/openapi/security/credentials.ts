/** A request for a secret. */
export type OpenApiSecretRequest = {
  /** The name of the security scheme. */
  readonly scheme: string
  /** The scopes that the operation needs. */
  readonly scopes: readonly string[]
  /** The secret that the server has refused with the status 401; null for the first attempt. */
  readonly rejected: string | null
  /** Aborted when the call ends. */
  readonly signal: AbortSignal
}

/** A secret, or a function that returns it for each request. */
export type OpenApiSecret = string | ((request: OpenApiSecretRequest) => string | Promise<string>)

/** A client of an authorization server (OAuth 2.0 client credentials). */
export type OpenApiOAuthClient = {
  readonly clientId: string
  readonly clientSecret: string
  /** @default the URL of the document, when its origin is that of `baseUrl` */
  readonly tokenUrl?: string
  /** The issuer, whose metadata have the token URL. */
  readonly issuer?: string
  /** @default the scopes of the operation */
  readonly scopes?: readonly string[]
  readonly audience?: string
  readonly resource?: string
  /**
   * Sends the secret in the header `authorization` (`basic`) or in the body (`post`).
   *
   * @default 'basic', or what the issuer supports
   */
  readonly clientAuth?: 'basic' | 'post'
}

/** A client certificate. The files are PEM. */
export type OpenApiClientCertificate = {
  readonly certFile: string
  readonly keyFile: string
  /** @default the certificate authorities of Node */
  readonly caFile?: string
  readonly passphrase?: string
}

/**
 * The credentials for a security scheme: `key` for an API key, `username` and `password` for basic authentication, `token` for bearer,
 * OAuth and OpenID Connect, a client for the latter two, or a certificate for mutual TLS.
 */
export type OpenApiCredential =
  | { readonly key: OpenApiSecret }
  | { readonly token: OpenApiSecret }
  | { readonly username: string; readonly password: string }
  | OpenApiOAuthClient
  | OpenApiClientCertificate

/** Credentials by the name of the security scheme in the document. */
export type OpenApiAuth = Readonly<Record<string, OpenApiCredential>>
