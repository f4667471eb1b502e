import type { CommandSpec } from './command-spec.ts'
import { jwtFlags } from './fleet-flags.ts'
import { sessionsLocationFlags, toolSourceFlags } from './shared-flags.ts'

/** The flags of tools. Without them the console has none. */
const toolFlags = toolSourceFlags.map((flag) =>
  flag.flag === 'config'
    ? { ...flag, default: 'no tools, so that the console neither runs programs nor reverts calls' }
    : flag,
)

const ownJwtFlags = jwtFlags.map((flag) =>
  flag.flag === 'jwt-issuer'
    ? {
        ...flag,
        help: 'accept the tokens of this authorization server, with the scope "read", and "approve" for actions',
      }
    : flag,
)

export const consoleSpec: CommandSpec = {
  name: 'console',
  summary: 'watch sessions and cells in a browser, and decide about their calls',
  usage: ['--durable DIR [flags]', '--store URL [flags]'],
  args: [],
  flags: [
    ...sessionsLocationFlags,
    { flag: 'port', type: 'number', value: 'PORT', default: 'a free port', help: 'listen on PORT' },
    {
      flag: 'address',
      type: 'string',
      value: 'ADDRESS',
      default: '127.0.0.1',
      help: 'listen on this IP address; others than loopback need --host',
    },
    {
      flag: 'host',
      type: 'string',
      value: 'HOST,…',
      isList: true,
      default: 'the names of loopback',
      help: 'accept requests whose Host header is HOST, with its port unless that is the default',
    },
    {
      flag: 'token-file',
      type: 'string',
      value: 'FILE',
      completes: 'file',
      default: '`CODECELL_TOKEN`, else a new token, in the printed address',
      help: 'accept the tokens in FILE',
    },
    ...ownJwtFlags,
    ...toolFlags,
    {
      flag: 'traces',
      type: 'string',
      value: 'DIR',
      completes: 'folder',
      help: 'link cells to the trace bundles in DIR',
    },
    {
      flag: 'prices',
      type: 'string',
      value: 'FILE',
      completes: 'file',
      default: 'no costs',
      help: 'show the costs of requests in traces with the prices in FILE (JSON)',
    },
    { flag: 'read-only', type: 'boolean', help: 'refuse all actions' },
  ],
  notes: ['Prints the address of the page. The token in it is valid until the console stops.'],
  exitCodes: [
    [0, 'stopped by a signal'],
    [2, 'wrong flag, or no such folder or store'],
    [4, 'the store does not respond'],
  ],
}
