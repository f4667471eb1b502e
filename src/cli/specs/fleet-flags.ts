import type { FlagSpec } from './command-spec.ts'

/** The flags of servers that share a store. */
export const fleetFlags: readonly FlagSpec[] = [
  {
    flag: 'fleet-key-file',
    type: 'string',
    value: 'FILE',
    completes: 'file',
    default: '`CODECELL_FLEET_KEY`',
    help: 'serve together with others, with --http and --store; FILE has their common key of at least 32 characters',
  },
  {
    flag: 'peer-listen',
    type: 'string',
    value: 'HOST:PORT',
    help: 'accept requests that the other servers forward on HOST:PORT, with the certificates of --tls-cert',
  },
  {
    flag: 'peer-url',
    type: 'string',
    value: 'URL',
    help: 'name the URL of --peer-listen for the other servers, such as https://node-1.example:7800',
  },
  {
    flag: 'peer-server-name',
    type: 'string',
    value: 'NAME',
    default: 'the host name in the URL',
    help: 'expect certificates of the other servers for NAME',
  },
  { flag: 'plain-peers', type: 'boolean', help: 'use no TLS between servers, on a network that is safe itself' },
  {
    flag: 'hibernate',
    type: 'number',
    value: 'MS',
    default: '60000',
    help: 'release sessions that only wait MS after their last request, with a fleet key',
  },
]

/** The flags of tokens of an authorization server. */
export const jwtFlags: readonly FlagSpec[] = [
  {
    flag: 'jwt-issuer',
    type: 'string',
    value: 'URL',
    help: 'accept the tokens of this authorization server, with the scope "run"; each "sub" is a client',
  },
  {
    flag: 'jwt-audience',
    type: 'string',
    value: 'NAME',
    help: 'expect NAME, such as the URL of this server, as "aud"',
  },
  {
    flag: 'jwt-keys',
    type: 'string',
    value: 'FILE|URL',
    completes: 'file',
    default: 'the keys in the metadata of the issuer',
    help: 'check tokens with these public keys (JWK set)',
  },
  {
    flag: 'jwt-tenant-claim',
    type: 'string',
    value: 'NAME',
    default: 'all belong to --tenant',
    help: 'use the sessions of the tenant in the claim NAME, with a fleet key',
  },
]
