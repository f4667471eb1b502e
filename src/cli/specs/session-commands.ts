import type { CommandSpec } from './command-spec.ts'
import { jsonFlag, sessionsLocationFlags, toolSourceFlags, yesFlag } from './shared-flags.ts'

const callStates = ['not_started', 'started', 'deferred', 'applied', 'failed', 'unknown'] as const

export const sessionsSpec: CommandSpec = {
  name: 'sessions',
  summary: 'list the durable sessions in a folder or store, latest activity first',
  usage: ['--durable DIR [flags]', '--store URL [flags]'],
  args: [],
  flags: [...sessionsLocationFlags, jsonFlag()],
  notes: ['Reads only; a session can be open in another process.'],
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
  summary: 'list the tool calls of a session, and the state of each',
  usage: ['SESSION --durable DIR [flags]', 'SESSION --store URL [flags]'],
  args: [{ name: 'SESSION' }],
  flags: [
    ...sessionsLocationFlags,
    { flag: 'cell', type: 'string', value: 'ID', help: 'list only calls of this cell' },
    { flag: 'state', type: 'string', choices: callStates, help: 'list only calls in this state' },
    jsonFlag(),
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
