import type { CommandSpec } from './command-spec.ts'
import { clientFlags, clientNames, configFlag, engineFlag } from './shared-flags.ts'

export const addSpec: CommandSpec = {
  name: 'add',
  summary: 'add codecell to the configuration of an MCP client',
  usage: ['CLIENT [flags] [-- SERVE FLAGS]'],
  args: [{ name: 'CLIENT', choices: clientNames }],
  hasMoreArgs: true,
  flags: [
    {
      ...configFlag,
      default: "`codecell.json`, `.mcp.json` or `mcp.json`, but never the client's own file",
      help: 'put the servers of FILE behind codecell',
    },
    ...clientFlags,
    { flag: 'print', type: 'boolean', help: 'print the entry and change no file' },
  ],
  notes: [`Clients: ${clientNames.join(', ')}.`],
  examples: ['codecell add claude', 'codecell add cursor --global', 'codecell add zed -- --read-only'],
}

export const removeSpec: CommandSpec = {
  name: 'remove',
  summary: 'remove codecell from the configuration of an MCP client',
  usage: ['CLIENT [flags]'],
  args: [{ name: 'CLIENT', choices: clientNames }],
  flags: clientFlags,
  notes: [`Clients: ${clientNames.join(', ')}.`],
  examples: ['codecell remove claude', 'codecell remove cursor --global'],
}

export const doctorSpec: CommandSpec = {
  name: 'doctor',
  summary: "check this machine's setup, with advice for each problem",
  usage: ['[flags]'],
  args: [],
  flags: [
    {
      flag: 'config',
      short: 'c',
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'also start the MCP servers of FILE',
    },
    { flag: 'json', type: 'boolean', help: 'print one JSON object with all findings' },
  ],
  exitCodes: [
    [0, 'everything that is needed works'],
    [1, 'something is broken'],
  ],
}

export const completionSpec: CommandSpec = {
  name: 'completion',
  summary: 'print a completion script for a shell',
  usage: ['SHELL'],
  args: [{ name: 'SHELL', choices: ['bash', 'zsh', 'fish'] }],
  flags: [],
  examples: [
    'source <(codecell completion bash)',
    'source <(codecell completion zsh)',
    'codecell completion fish | source',
  ],
}

export const helpSpec: CommandSpec = {
  name: 'help',
  summary: 'show the flags of a command',
  usage: ['[COMMAND [VERB]]'],
  args: [
    { name: 'COMMAND', isOptional: true },
    { name: 'VERB', isOptional: true },
  ],
  flags: [],
}

export const codexHostSpec: CommandSpec = {
  name: 'codex-host',
  summary: 'run the cells of OpenAI Codex',
  usage: ['[flags]'],
  args: [],
  flags: [
    {
      flag: 'listen',
      type: 'string',
      value: 'URL',
      default: 'frames of JSON on standard input and output',
      help: 'serve gRPC at grpc+stdio:// or grpc://127.0.0.1:PORT',
    },
    { ...engineFlag, help: 'run cells on this engine' },
  ],
  exitCodes: [
    [0, 'the client disconnected'],
    [1, 'the client sent a malformed message'],
    [2, 'wrong flag'],
  ],
  verbs: [
    {
      name: 'codex-host install',
      summary: 'create a folder with a codex executable that runs its cells here',
      usage: ['DIR [flags]'],
      args: [{ name: 'DIR', completes: 'folder' }],
      flags: [
        {
          flag: 'codex',
          type: 'string',
          value: 'FILE',
          completes: 'file',
          default: '`codex` on `PATH`',
          help: 'use this codex executable',
        },
      ],
    },
  ],
}
