import type { CommandSpec, FlagSpec } from './command-spec.ts'
import { jsonFlag, remoteHostsFlags, storeFlags } from './shared-flags.ts'

/** The differences from the same flags of other commands. */
const changes: Readonly<Record<string, Pick<FlagSpec, 'default'> & Partial<Pick<FlagSpec, 'help'>>>> = {
  store: { default: '`CODECELL_STORE`' },
  tenant: { default: 'all tenants' },
  'hosts-at': { help: 'ask these supervisors for their state', default: 'no supervisors' },
}

const flags: readonly FlagSpec[] = [
  ...storeFlags('read the shared store: postgres://… or sqlite:FILE', 'show only NAME'),
  ...remoteHostsFlags,
  {
    flag: 'overdue',
    type: 'number',
    value: 'MS',
    default: '60000',
    help: 'report work that has waited for a node for more than MS',
  },
  jsonFlag(),
]

export const fleetSpec: CommandSpec = {
  name: 'fleet',
  summary: 'show nodes, hosts, tenants, queues and engines, and what needs attention',
  usage: ['[PART] --store URL [flags]', 'hosts --hosts-at HOST:PORT,… [flags]', 'engines ENGINE --store URL'],
  args: [
    { name: 'PART', isOptional: true, choices: ['nodes', 'hosts', 'tenants', 'queues', 'engines'] },
    { name: 'ENGINE', isOptional: true },
  ],
  flags: flags.map((flag) => ({ ...flag, ...changes[flag.flag] })),
  notes: [
    'Reads only, for operators: without --tenant it shows all tenants of the store.',
    'With ENGINE, the exit code is 1 while running cells have this engine.',
  ],
  examples: ['codecell fleet --store postgres://operator@db.example/app', 'codecell fleet queues --json'],
  exitCodes: [
    [0, 'nothing needs attention'],
    [1, 'work waits for too long, sessions are parked, supervisors do not respond, or ENGINE has running cells'],
    [2, 'wrong flag, store or certificate'],
    [4, 'the store does not respond'],
  ],
}
