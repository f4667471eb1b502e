import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { onTestFinished } from 'vitest'
import { closeServer, listenOnLoopback } from '../../support/loopback-server.ts'

export const audience = 'https://mcp.example/mcp'

type Key = { readonly id: string; readonly algorithm: string; readonly secret: CryptoKey; readonly shown: JWK }

/** An authorization server on loopback: its metadata, its keys and its tokens. */
export class Issuer {
  readonly url: string
  /** The number of requests for keys. */
  requests = 0
  /** The status of responses with keys. */
  status = 200
  #keys: readonly Key[] = []
  #count = 0

  private constructor(url: string) {
    this.url = url
  }

  static async start(): Promise<Issuer> {
    const server = createServer((request, response) => {
      const isMetadata = request.url === '/.well-known/openid-configuration'
      if (!isMetadata) issuer.requests++
      const keys = { keys: issuer.#keys.map(({ shown }) => shown) }
      const body = isMetadata ? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` } : keys
      response.writeHead(isMetadata ? 200 : issuer.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    const issuer = new Issuer(await listenOnLoopback(server))
    onTestFinished(() => closeServer(server))
    await issuer.addKey()
    return issuer
  }

  get keys(): readonly Key[] {
    return this.#keys
  }

  /** Adds a key, which signs from now on. */
  async addKey(algorithm = 'ES256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm)
    const id = `key-${++this.#count}`
    const shown = { ...(await exportJWK(publicKey)), kid: id, alg: algorithm }
    this.#keys = [{ id, algorithm, secret: privateKey, shown }, ...this.#keys]
  }

  /** Removes all keys but the newest. */
  removeOldKeys(): void {
    this.#keys = this.#keys.slice(0, 1)
  }

  async token(claims: Readonly<Record<string, unknown>> = {}, header: { readonly kid?: string } = {}): Promise<string> {
    const [key] = this.#keys
    if (key === undefined) throw new Error('the issuer has no key')
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: this.url, aud: audience, sub: 'user', iat: now, exp: now + 600, scope: 'run approve', ...claims }
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return await new SignJWT(payload)
      .setProtectedHeader({ alg: key.algorithm, kid: key.id, ...header })
      .sign(key.secret)
  }
}
