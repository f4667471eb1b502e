import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { createSecureContext } from 'node:tls'
import { messageOf } from '../../../errors.ts'
import { nodeFetch } from '../response/node-fetch.ts'
import type { OpenApiClientCertificate } from './credentials.ts'

/**
 * Returns a `fetch` that presents a client certificate, for HTTPS, as `nodeFetch`. `fail` throws an error with the file
 * that cannot be used.
 */
export function tlsFetch(
  certificate: OpenApiClientCertificate,
  fail: (reason: string) => never,
): typeof globalThis.fetch {
  const agent = new Agent({ keepAlive: true, ...contextOf(certificate, fail) })
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:') throw new TypeError('a client certificate needs a server with https://')
    return await nodeFetch(url, init, agent)
  }
}

type Context = { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer; readonly passphrase?: string }

function contextOf(
  { certFile, keyFile, caFile, passphrase }: OpenApiClientCertificate,
  fail: (reason: string) => never,
): Context {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file)
    } catch (error) {
      return fail(`cannot read "${file}": ${messageOf(error)}`)
    }
  }
  const context = {
    cert: read(certFile),
    key: read(keyFile),
    ...(caFile === undefined ? {} : { ca: read(caFile) }),
    ...(passphrase === undefined ? {} : { passphrase }),
  }
  try {
    createSecureContext(context)
    return context
  } catch (error) {
    return fail(`the certificate in "${certFile}" and the key in "${keyFile}" cannot be used: ${messageOf(error)}`)
  }
}
