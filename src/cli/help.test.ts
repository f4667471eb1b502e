import { expect, test } from 'vitest'
import { runInProcess } from '../../test/support/in-process-cli.ts'
import { commandHelp } from './help.ts'
import { commands } from './main.ts'
import { allCommands, commandsWithVerbs } from './specs/all-commands.ts'
import { flagLabel, type CommandSpec } from './specs/command-spec.ts'

const sample: CommandSpec = {
  name: 'sample',
  summary: 'do a thing',
  usage: ['FILE [flags]', '--all'],
  args: [{ name: 'FILE' }],
  flags: [
    { flag: 'config', short: 'c', type: 'string', value: 'FILE', default: '`mcp.json`', help: 'read FILE' },
    {
      flag: 'level',
      type: 'string',
      choices: ['destructive', 'writes', 'none'],
      isRequired: true,
      help: 'use a level',
    },
    {
      flag: 'inspect',
      type: 'number',
      value: 'PORT',
      impliedValue: '9229',
      isList: true,
      help: 'wait '.repeat(20).trim(),
    },
  ],
  notes: ['A note.'],
  examples: ['codecell sample x'],
  exitCodes: [[0, 'done']],
}

test('every command of the tables has an implementation, and the reverse', () => {
  expect(Object.keys(commands)).toEqual(expect.arrayContaining(allCommands.map(({ name }) => name)))
  expect(allCommands.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(commands)))
})

test('commandHelp() shows everything in the table of a command', () => {
  expect(commandHelp(sample)).toBe(`codecell sample: do a thing

Usage: codecell sample FILE [flags]
       codecell sample --all

Flags:
  -c, --config FILE             read FILE (default: mcp.json)
      --level destructive|writes|none
                                use a level (required)
      --inspect[=PORT]          wait wait wait wait wait wait wait wait wait wait wait wait wait
                                wait wait wait wait wait wait wait (repeatable)

A note.

Examples:
  codecell sample x

Exit codes:
  0  done
`)
})

test.each(commandsWithVerbs().map((spec) => [spec.name, spec] as const))(
  'codecell %s --help and codecell help print its table',
  async (name, spec) => {
    const words = name.split(' ')
    const help = { code: 0, out: commandHelp(spec), err: '' }
    expect(await runInProcess([...words, '--help'])).toEqual(help)
    expect(await runInProcess([...words, '-h'])).toEqual(help)
    expect(await runInProcess(['help', ...words])).toEqual(help)
  },
)

test('codecell help lists every command', async () => {
  const { code, out } = await runInProcess(['help'])
  expect(code).toBe(0)
  for (const { name, summary } of allCommands) expect(out).toContain(`  ${name.padEnd(10)}  ${summary.slice(0, 40)}`)
  expect(await runInProcess(['--help'])).toEqual({ code: 0, out, err: '' })
})

test.each([
  [['help', 'constructor'], 'Cannot run "constructor": unknown command\nSee: codecell help\n'],
  [['help', 'exce'], 'Cannot run "exce": unknown command; did you mean "exec"?\nSee: codecell help\n'],
  [['sesions'], 'Cannot run "sesions": unknown command; did you mean "sessions"?\nSee: codecell help\n'],
  [
    ['help', 'trace', 'shwo'],
    'Cannot run "trace shwo": expected show, view, export, reduce, check or replay; did you mean "show"?\nSee: codecell help trace\n',
  ],
  [['help', 'exec', 'x'], 'Cannot run "exec x": the command has no verbs\nSee: codecell help exec\n'],
])('codecell %j exits with 2 and suggests the nearest name', async (args, err) => {
  expect(await runInProcess(args)).toEqual({ code: 2, out: '', err })
})

test('each table is complete and follows the style of help texts', () => {
  for (const { name, summary, usage, flags } of commandsWithVerbs()) {
    expect(usage.length, name).toBeGreaterThan(0)
    for (const text of [summary, ...flags.map(({ help }) => help)]) expect(text).toMatch(/^[a-z].*[^.]$/)
    for (const flag of flags) {
      expect(flagLabel(flag), name).not.toContain('VALUE')
      expect(flag.flag).toMatch(/^[a-z]+(-[a-z]+)*$/)
    }
    expect(new Set(flags.map(({ flag }) => flag)).size).toBe(flags.length)
  }
})
