import type { CommandSpec } from './command-spec.ts'
import { fleetFlags, jwtFlags } from './fleet-flags.ts'
import {
  approvalFlags,
  durableFlag,
  jsonFlag,
  remoteHostsFlags,
  storeFlags,
  toolSourceFlags,
  traceFlags,
  yesFlag,
} from './shared-flags.ts'

const tenantHelp = 'use the sessions of NAME with --store, and the slots of NAME with --hosts-at'

export const execSpec: CommandSpec = {
  name: 'exec',
  summary: 'run a program in a cell and print its output',
  usage: ['FILE|- [flags]', '--resume --durable DIR --session ID [flags]', '--resume --store URL --session ID [flags]'],
  args: [{ name: 'FILE|-', completes: 'file', isOptional: true }],
  flags: [
    ...toolSourceFlags,
    { flag: 'memory-mb', type: 'number', value: 'N', default: '256', help: 'limit the memory of the cell to N MB' },
    {
      flag: 'cpu-ms',
      type: 'number',
      value: 'N',
      default: '30000',
      help: 'limit the CPU time of the cell to N ms; waiting is free',
    },
    {
      flag: 'profile',
      type: 'string',
      choices: ['default', 'strict'],
      default: '`default`',
      help: 'run on a host of this profile; strict: no JIT, kernel memory limit, permission model',
    },
    ...approvalFlags('`destructive` on a terminal, else `none`'),
    yesFlag('approve all calls without a prompt'),
    durableFlag('persist the session in DIR, so that the run survives this process'),
    ...storeFlags('persist the session in a shared store: postgres://… or sqlite:FILE', tenantHelp),
    {
      flag: 'session',
      type: 'string',
      value: 'ID',
      default: 'a new ID, on standard error',
      help: 'name of the session, with --durable, --store or `CODECELL_STORE`',
    },
    { flag: 'resume', type: 'boolean', help: 'resume the unfinished cells of the session; takes no FILE' },
    ...remoteHostsFlags,
    ...traceFlags('record the run as a bundle in a new folder of DIR, for "codecell trace"'),
    jsonFlag('print one JSON event per line'),
    { flag: 'quiet', short: 'q', type: 'boolean', help: 'print only the output of the cell, and errors' },
  ],
  examples: [
    'codecell exec program.ts',
    "echo 'text(6 * 7)' | codecell exec -",
    'codecell exec program.js --config servers.json --read-only',
  ],
  exitCodes: [
    [0, 'the program completed'],
    [1, 'the program failed or was rejected before it ran, or output was lost'],
    [2, 'wrong flag, file, pragma or configuration'],
    [3, 'the program exceeded a limit'],
    [4, 'the host, or every server, could not start'],
    [
      5,
      'the program waits for results of deferred calls, with --durable; `codecell answer` provides them, and --resume resumes it',
    ],
    [130, 'interrupted by Ctrl-C or a signal'],
  ],
}

export const toolsSpec: CommandSpec = {
  name: 'tools',
  summary: 'list the tools that programs can call, or show one with its declaration',
  usage: ['[TOOL] [flags]'],
  args: [{ name: 'TOOL', isOptional: true }],
  flags: [
    ...toolSourceFlags,
    { flag: 'search', type: 'string', value: 'QUERY', help: 'list the tools that match QUERY, best match first' },
    jsonFlag(),
  ],
}

export const serveSpec: CommandSpec = {
  name: 'serve',
  summary: 'offer exec and wait to an MCP client, on standard input and output or HTTP',
  usage: ['[flags]'],
  args: [],
  flags: [
    ...toolSourceFlags,
    {
      flag: 'max-yield',
      type: 'number',
      value: 'MS',
      default: '45000',
      help: 'respond to each call within MS; wait returns the rest of a longer program',
    },
    ...approvalFlags('`destructive`'),
    { flag: 'passthrough', type: 'boolean', help: 'offer the tools themselves too' },
    durableFlag('persist sessions in DIR, so that programs survive a restart'),
    ...storeFlags('persist sessions in a shared store: postgres://… or sqlite:FILE', tenantHelp),
    {
      flag: 'session',
      type: 'string',
      value: 'ID',
      default: '`main`',
      help: 'name of the session of the client on standard input, with --durable, --store or `CODECELL_STORE`',
    },
    ...remoteHostsFlags,
    ...traceFlags('record each client as a bundle in a new folder of DIR, for "codecell trace"'),
    {
      flag: 'http',
      type: 'number',
      value: 'PORT',
      impliedValue: '0',
      default: 'standard input and output',
      help: 'serve streamable HTTP, path /mcp; without PORT on a free one',
    },
    {
      flag: 'http-address',
      type: 'string',
      value: 'ADDRESS',
      default: '127.0.0.1',
      help: 'listen on this IP address, with --http; others than loopback need a token and --http-host',
    },
    {
      flag: 'http-host',
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
      default: '`CODECELL_TOKEN`, else a new token, on standard error',
      help: 'accept the bearer tokens in FILE; each token is a client',
    },
    { flag: 'no-token', type: 'boolean', help: 'disable authentication' },
    { flag: 'cors', type: 'string', value: 'ORIGIN', help: 'allow requests of pages of ORIGIN' },
    ...jwtFlags,
    ...fleetFlags,
    {
      flag: 'drain-timeout',
      type: 'number',
      value: 'MS',
      default: '30000',
      help: 'after SIGTERM, wait up to MS for calls in progress, with --http',
    },
    {
      flag: 'drain-yield',
      type: 'number',
      value: 'MS',
      default: 'half of --drain-timeout',
      help: 'after SIGTERM, respond to calls of programs in stored sessions within MS; the programs resume elsewhere',
    },
  ],
  exitCodes: [
    [0, 'the client disconnected, or the server has drained after a signal'],
    [2, 'wrong flag or configuration'],
    [4, 'every server failed to start, and none is tried again'],
    [130, 'a second signal'],
  ],
}
