import type { CommandSpec } from './command-spec.ts'
import { configFlag, jsonFlag } from './shared-flags.ts'

const serversFlag = { ...configFlag, help: 'find SERVER in FILE' }

export const loginSpec: CommandSpec = {
  name: 'login',
  summary: 'log in to an MCP server that uses OAuth, or list the logins',
  usage: ['SERVER [flags]', '--list [flags]'],
  args: [{ name: 'SERVER', isOptional: true }],
  flags: [
    serversFlag,
    {
      flag: 'scope',
      type: 'string',
      value: 'SCOPES',
      isList: true,
      help: 'request these scopes too, in addition to those of an earlier login',
    },
    { flag: 'device', type: 'boolean', help: 'show a code to enter on any device, if the server offers that' },
    {
      flag: 'no-browser',
      type: 'boolean',
      help: 'open no browser; print the URL, and accept the one it redirects to on standard input',
    },
    { flag: 'timeout', type: 'number', value: 'MS', default: '300000', help: 'give up after MS' },
    { flag: 'list', type: 'boolean', help: 'list the stored logins, without their tokens' },
    jsonFlag('print one JSON object per login, with --list'),
  ],
  examples: ['codecell login github', 'codecell login github --scope "repo read:org"', 'codecell login --list'],
  exitCodes: [
    [0, 'the login is stored'],
    [1, 'the login failed: access was denied, the time is over, or the server does not offer OAuth'],
    [2, 'wrong flag, configuration file or server'],
    [130, 'interrupted by Ctrl-C or a signal'],
  ],
}

export const logoutSpec: CommandSpec = {
  name: 'logout',
  summary: 'remove the login to an MCP server, and revoke its tokens',
  usage: ['SERVER [flags]'],
  args: [{ name: 'SERVER' }],
  flags: [serversFlag],
  examples: ['codecell logout github'],
}
