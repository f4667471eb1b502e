import type { CommandSpec, FlagSpec } from './command-spec.ts'
import { jsonFlag, sessionsLocationFlags, toolSourceFlags, yesFlag } from './shared-flags.ts'

const callStates = ['not_started', 'started', 'deferred', 'applied', 'failed', 'unknown'] as const

const movedSessionArgs = [
  { name: 'DIR', completes: 'folder' },
  { name: 'SESSION', isOptional: true },
] as const

const moveFlags: readonly FlagSpec[] = [
  {
    flag: 'store',
    type: 'string',
    value: 'URL',
    default: '`CODECELL_STORE`',
    help: 'the shared store: postgres://… or sqlite:FILE',
  },
  {
    flag: 'tenant',
    type: 'string',
    value: 'NAME',
    default: '`default`',
    help: 'the tenant of the sessions in the store',
  },
  jsonFlag(),
]

const moveExitCodes = [
  [0, 'the sessions are moved, by this run or an earlier one'],
  [1, 'a session cannot be written'],
  [2, 'wrong flag or session'],
  [4, 'a session is in use, is elsewhere or is corrupt, the target has another one, or the store does not respond'],
] as const

const pushSpec: CommandSpec = {
  name: 'sessions push',
  summary: 'move sessions from a folder to a shared store',
  usage: ['DIR [SESSION…] --store URL [flags]'],
  args: movedSessionArgs,
  hasMoreArgs: true,
  flags: moveFlags,
  notes: [
    'Without SESSION, moves all sessions of the folder. They resume when a process opens them in the store.',
    'If it is interrupted, run it again: each session is in one of the two.',
  ],
  exitCodes: moveExitCodes,
}

const pullSpec: CommandSpec = {
  name: 'sessions pull',
  summary: 'move sessions from a shared store to a folder',
  usage: ['DIR [SESSION…] --store URL [flags]'],
  args: movedSessionArgs,
  hasMoreArgs: true,
  flags: moveFlags,
  notes: [
    'Without SESSION, moves all sessions of the tenant. They resume when a process opens them in the folder.',
    'If it is interrupted, run it again: each session is in one of the two.',
  ],
  exitCodes: moveExitCodes,
}

/** The tables of the commands that move sessions, by verb. */
export const moveSpecs: Readonly<Record<'push' | 'pull', CommandSpec>> = { push: pushSpec, pull: pullSpec }

export const sessionsSpec: CommandSpec = {
  name: 'sessions',
  summary: 'list the durable sessions in a folder or store, latest activity first',
  usage: ['--durable DIR [flags]', '--store URL [flags]'],
  args: [],
  flags: [...sessionsLocationFlags, jsonFlag()],
  notes: ['Reads only; a session can be open in another process.'],
  verbs: [pushSpec, pullSpec],
}

export const cellsSpec: CommandSpec = {
  name: 'cells',
  summary: 'list the cells of a session, and what each waits for',
  usage: ['SESSION --durable DIR [flags]', 'SESSION --store URL [flags]'],
  args: [{ name: 'SESSION' }],
  flags: [...sessionsLocationFlags, jsonFlag()],
}

export const ledgerSpec: CommandSpec = {
  name: 'ledger',
  summary: 'list the tool calls of a session, and the state of each, or settle an unknown one',
  usage: [
    'SESSION --durable DIR [flags]',
    'SESSION --store URL [flags]',
    'SESSION KEY --happened|--did-not-happen --durable DIR [flags]',
  ],
  args: [{ name: 'SESSION' }, { name: 'KEY', isOptional: true }],
  flags: [
    ...sessionsLocationFlags,
    { flag: 'cell', type: 'string', value: 'ID', help: 'list only calls of this cell' },
    { flag: 'state', type: 'string', choices: callStates, help: 'list only calls in this state' },
    jsonFlag(),
    { flag: 'happened', type: 'boolean', help: 'state that the unknown call KEY had its effect' },
    { flag: 'did-not-happen', type: 'boolean', help: 'state that the unknown call KEY had no effect' },
    {
      flag: 'result',
      type: 'string',
      value: 'JSON',
      help: 'the result of the call, with --happened, so that it can be reverted',
    },
    { flag: 'note', type: 'string', value: 'TEXT', help: 'record this reason, with --happened or --did-not-happen' },
    {
      flag: 'by',
      type: 'string',
      value: 'NAME',
      default: 'the name of the user',
      help: 'record NAME as the user who states it',
    },
  ],
}

export const answerSpec: CommandSpec = {
  name: 'answer',
  summary: 'provide the result of a deferred call',
  usage: ['SESSION KEY --durable DIR --json JSON|--error TEXT|-', 'SESSION KEY --store URL --json JSON|--error TEXT|-'],
  args: [{ name: 'SESSION' }, { name: 'KEY' }, { name: '-', isOptional: true }],
  flags: [
    ...sessionsLocationFlags,
    { flag: 'json', type: 'string', value: 'JSON', help: 'provide this result; "-" reads JSON from standard input' },
    { flag: 'error', type: 'string', value: 'TEXT', help: 'fail the call with this message' },
    {
      flag: 'request-id',
      type: 'string',
      value: 'ID',
      help: 'succeed if a request with this ID has provided the result',
    },
  ],
  notes: [
    'The process that has the session open takes the result at once, otherwise the next one.',
    'codecell cells and codecell ledger list the keys of deferred calls.',
  ],
  exitCodes: [
    [0, 'the result is on record'],
    [1, 'the call does not wait for a result'],
    [2, 'wrong flag, session or JSON'],
  ],
}

export const revertSpec: CommandSpec = {
  name: 'revert',
  summary: 'revert the calls of a cell, last call first',
  usage: ['SESSION CELL --durable DIR [flags]', 'SESSION CELL --store URL [flags]'],
  args: [{ name: 'SESSION' }, { name: 'CELL' }],
  flags: [...sessionsLocationFlags, ...toolSourceFlags, yesFlag('revert without a prompt'), jsonFlag()],
  notes: ['Opens the session, which resumes its running cells.'],
  exitCodes: [
    [0, 'every call is reverted'],
    [1, 'a call is not reverted'],
    [2, 'wrong flag, session or configuration'],
  ],
}
