import type { CommandSpec } from './command-spec.ts'
import { jsonFlag, sessionsLocationFlags } from './shared-flags.ts'

export const approveSpec: CommandSpec = {
  name: 'approve',
  summary: 'show the calls of a session that wait for a decision, or decide about one',
  usage: [
    'SESSION [KEY] --durable DIR [flags]',
    'SESSION KEY --durable DIR --allow|--deny [flags]',
    'SESSION KEY --store URL --allow|--deny [flags]',
  ],
  args: [{ name: 'SESSION' }, { name: 'KEY', isOptional: true }],
  flags: [
    ...sessionsLocationFlags,
    { flag: 'allow', type: 'boolean', help: 'allow the call' },
    { flag: 'deny', type: 'boolean', help: 'deny the call' },
    { flag: 'reason', type: 'string', value: 'TEXT', help: 'tell the program this reason, with --deny' },
    {
      flag: 'calls',
      type: 'number',
      value: 'N',
      help: 'allow N calls of the tool in the cell, including this one, with --allow',
    },
    { flag: 'for-session', type: 'boolean', help: 'allow all calls of the tool in the session, with --allow' },
    {
      flag: 'input-hash',
      type: 'string',
      value: 'HASH',
      help: 'fail unless the input of the call has this hash, of at least 12 digits',
    },
    { flag: 'by', type: 'string', value: 'NAME', default: 'the name of the user', help: 'record NAME as the approver' },
    {
      flag: 'request-id',
      type: 'string',
      value: 'ID',
      help: 'succeed if a request with this ID has made the same decision',
    },
    { flag: 'whole', type: 'boolean', help: 'show the complete program and arguments' },
    jsonFlag(),
  ],
  notes: [
    'The process that has the session open takes the decision at once, otherwise the next one.',
    'The first decision counts; another one fails and shows the first.',
  ],
  exitCodes: [
    [0, 'the decision is on record, or the calls are listed'],
    [1, 'the call does not wait for a decision, or is not as shown'],
    [2, 'wrong flag or session'],
  ],
}

export const terminateSpec: CommandSpec = {
  name: 'terminate',
  summary: 'terminate a cell of a session',
  usage: ['SESSION CELL --durable DIR', 'SESSION CELL --store URL'],
  args: [{ name: 'SESSION' }, { name: 'CELL' }],
  flags: [...sessionsLocationFlags],
  notes: [
    'The process that has the session open terminates the cell at once. In a session that no process has open, it does not resume.',
  ],
  exitCodes: [
    [0, 'the request is on record, or the cell has ended before'],
    [1, 'the session has no such cell'],
    [2, 'wrong flag or session'],
  ],
}
