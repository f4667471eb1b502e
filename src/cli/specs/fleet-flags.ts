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
