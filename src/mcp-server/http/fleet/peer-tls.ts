import { CodecellError } from '../../../errors.ts'

/** Certificates of a node, in PEM. Both ends of a connection between nodes must have one that an authority of `ca` signed. */
export type PeerTls = {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
  readonly ca: string | Uint8Array
  /**
   * The name in the certificates of the other nodes.
   *
   * @default the host name in the address of the node
   */
  readonly serverName?: string
}

/** The files of certificates as the TLS module of Node takes them. */
export function pemOf({ cert, key, ca }: PeerTls): {
  readonly cert: Buffer
  readonly key: Buffer
  readonly ca: Buffer
} {
  return { cert: Buffer.from(cert), key: Buffer.from(key), ca: Buffer.from(ca) }
}

const loopback = /^(?:127(?:\.\d+){3}|\[?::1\]?|localhost)$/

/** @throws {CodecellError} `INVALID_OPTION` for an address beyond loopback without certificates */
export function checkPeerTls(
  host: string,
  { tls, plain }: { readonly tls: PeerTls | null; readonly plain: boolean },
): void {
  if (tls !== null || plain || loopback.test(host)) return
  throw new CodecellError(
    'INVALID_OPTION',
    `Cannot listen for other nodes on ${host} without certificates: only loopback addresses can be plain`,
    { details: { option: 'peer', value: host, expected: 'certificates, a loopback address, or "plain"' } },
  )
}
