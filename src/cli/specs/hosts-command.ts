import type { CommandSpec } from './command-spec.ts'
import { certificateFlags, engineFlag } from './shared-flags.ts'

export const hostsSpec: CommandSpec = {
  name: 'hosts',
  summary: 'run cells of agents on other machines: a supervisor of host processes',
  usage: ['--listen HOST:PORT --tls-cert FILE --tls-key FILE --tls-ca FILE [flags]'],
  args: [],
  flags: [
    {
      flag: 'listen',
      type: 'string',
      value: 'HOST:PORT',
      isRequired: true,
      help: 'accept connections on HOST:PORT; ":7700" is port 7700 of all addresses',
    },
    {
      flag: 'health-listen',
      type: 'string',
      value: 'HOST:PORT',
      default: 'no probes',
      help: 'respond to /healthz and /readyz over HTTP on HOST:PORT',
    },
    ...certificateFlags('nodes'),
    {
      flag: 'slots',
      type: 'number',
      value: 'N',
      default: 'twice the number of CPUs',
      help: 'run at most N host processes',
    },
    {
      flag: 'tenant-slots',
      type: 'number',
      value: 'N',
      default: 'all slots',
      help: 'run at most N host processes of one tenant',
    },
    {
      flag: 'memory-mb',
      type: 'number',
      value: 'N',
      default: '4096',
      help: 'refuse hosts whose cells may use more than N MB each',
    },
    {
      flag: 'process-memory-mb',
      type: 'number',
      value: 'N',
      default: 'no maximum',
      help: 'end a host process that uses more than N MB',
    },
    {
      flag: 'build',
      type: 'string',
      value: 'DIR',
      isList: true,
      completes: 'folder',
      help: 'also offer the hosts of the codecell package in DIR, of another version, to cells that began on its engine',
    },
    { ...engineFlag, help: 'run the cells of nodes that ask for no engine on this one' },
    { flag: 'strict-only', type: 'boolean', help: 'refuse hosts without the strict profile' },
    {
      flag: 'drain-timeout',
      type: 'number',
      value: 'MS',
      default: '30000',
      help: 'after SIGTERM, end the hosts that still run after MS',
    },
  ],
  notes: [
    'SIGTERM or Ctrl-C drains: no new hosts, and the command exits when all have ended. A second signal exits at once.',
    'The files of certificates are read again each minute.',
  ],
  examples: ['codecell hosts --listen :7700 --tls-cert host.pem --tls-key host.key --tls-ca ca.pem'],
  exitCodes: [
    [0, 'drained after a signal'],
    [2, 'wrong flag, certificate or address'],
    [130, 'a second signal'],
  ],
}
