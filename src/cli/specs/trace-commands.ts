import type { ArgumentSpec, CommandSpec, FlagSpec } from './command-spec.ts'
import { engineFlag } from './shared-flags.ts'

const bundle: ArgumentSpec = { name: 'BUNDLE', completes: 'folder' }

const outputFlag = (help: string, standard?: string): FlagSpec => ({
  flag: 'output',
  short: 'o',
  type: 'string',
  value: 'FILE',
  completes: 'file',
  ...(standard === undefined ? {} : { default: standard }),
  help,
})

const replayEngineFlag: FlagSpec = {
  ...engineFlag,
  default: '`auto`: the recorded engine',
  help: 'replay on this engine; a difference from the recorded one is a warning',
}

const show: CommandSpec = {
  name: 'trace show',
  summary: 'print a bundle as a tree: turns, cells, nested calls, waits, outputs',
  usage: ['BUNDLE [flags]'],
  args: [bundle],
  flags: [
    { flag: 'cell', type: 'string', value: 'ID', help: 'print only this cell' },
    { flag: 'full', type: 'boolean', help: 'truncate nothing' },
    {
      flag: 'no-color',
      type: 'boolean',
      default: 'colors on a terminal, unless `NO_COLOR` is set',
      help: 'print without colors',
    },
  ],
}

const view: CommandSpec = {
  name: 'trace view',
  summary: 'show a bundle in the browser, at an address that is printed',
  usage: ['BUNDLE [flags]'],
  args: [bundle],
  flags: [
    { flag: 'port', type: 'number', value: 'N', default: 'a free port', help: 'serve on this port of 127.0.0.1' },
    { flag: 'follow', short: 'f', type: 'boolean', help: 'update the page while the bundle grows' },
    {
      flag: 'prices',
      type: 'string',
      value: 'FILE',
      completes: 'file',
      default: 'tokens without costs',
      help: 'show costs, with the prices of models in this JSON file',
    },
    outputFlag('write one HTML file with all content instead of serving ("-": standard output)'),
  ],
}

const exported: CommandSpec = {
  name: 'trace export',
  summary: 'convert a bundle for other programs',
  usage: ['BUNDLE --to otlp|chrome|jsonl [flags]'],
  args: [bundle],
  flags: [
    {
      flag: 'to',
      type: 'string',
      choices: ['otlp', 'chrome', 'jsonl'],
      isRequired: true,
      help: 'write this format',
    },
    outputFlag('write to FILE', 'standard output'),
    { flag: 'content', type: 'boolean', help: 'include arguments, results and texts, with --to otlp' },
  ],
}

const reduce: CommandSpec = {
  name: 'trace reduce',
  summary: 'write the state of a bundle as JSON and print its path',
  usage: ['BUNDLE [flags]'],
  args: [bundle],
  flags: [outputFlag('write the state to FILE ("-": standard output)', '`state.json` in the bundle')],
}

const check: CommandSpec = {
  name: 'trace check',
  summary: 'check that a bundle reduces, is complete, and replays the same way',
  usage: ['BUNDLE [flags]'],
  args: [bundle],
  flags: [{ flag: 'no-replay', type: 'boolean', help: 'replay no cell' }, replayEngineFlag],
  exitCodes: [
    [0, 'every check passed'],
    [1, 'a check failed, or the bundle is truncated'],
    [2, 'wrong flag'],
  ],
}

const replay: CommandSpec = {
  name: 'trace replay',
  summary: 'run cells again with their recorded responses, and report where they differ',
  usage: ['BUNDLE [flags]'],
  args: [bundle],
  flags: [
    {
      flag: 'cell',
      type: 'string',
      value: 'ID',
      default: 'all cells',
      help: 'replay only this cell, by its ID or call ID',
    },
    {
      flag: 'source',
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'run this program instead, until it makes a call that is not recorded; needs --cell',
    },
    {
      flag: 'inspect',
      type: 'number',
      value: 'PORT',
      impliedValue: '9229',
      help: 'wait for a debugger such as chrome://inspect (port 9229 when omitted); needs --cell',
    },
    replayEngineFlag,
    { flag: 'cell-ms', type: 'number', value: 'MS', default: '60000', help: 'stop a cell after MS' },
    { flag: 'time-zone', type: 'string', value: 'NAME', default: '`UTC`', help: 'time zone of the recorded session' },
    { flag: 'locale', type: 'string', value: 'TAG', default: '`en-US`', help: 'locale of the recorded session' },
  ],
  exitCodes: [
    [0, 'every cell is the same, or the program of --source completed'],
    [1, 'a cell differs, or the program did not complete'],
    [2, 'wrong flag'],
  ],
}

export const traceSpec: CommandSpec = {
  name: 'trace',
  summary: 'show, view, export, reduce, check or replay a recorded trace',
  usage: ['VERB BUNDLE [flags]'],
  args: [],
  flags: [],
  verbs: [show, view, exported, reduce, check, replay],
}

/** Returns the table of a verb. */
export function traceVerbSpec(verb: 'show' | 'view' | 'export' | 'reduce' | 'check' | 'replay'): CommandSpec {
  return { show, view, export: exported, reduce, check, replay }[verb]
}
