import { describe, expect, test } from 'vitest'
import { parseCommandLine } from './command-line.ts'
import type { CommandSpec } from '../specs/command-spec.ts'

const spec: CommandSpec = {
  name: 'sample',
  summary: 'do a thing',
  usage: ['[FILE] [flags]'],
  args: [{ name: 'FILE', isOptional: true }],
  flags: [
    { flag: 'config', short: 'c', type: 'string', value: 'FILE', help: 'read FILE' },
    { flag: 'openapi', type: 'string', value: 'FILE', isList: true, help: 'read FILE' },
    { flag: 'inspect', type: 'number', value: 'PORT', impliedValue: '9229', help: 'wait' },
    { flag: 'level', type: 'string', choices: ['high', 'low'], help: 'use a level' },
    { flag: 'quiet', short: 'q', type: 'boolean', help: 'print less' },
    { flag: 'yes', short: 'y', type: 'boolean', help: 'approve' },
  ],
}
const withoutArgs: CommandSpec = { ...spec, args: [] }
const more: CommandSpec = { ...spec, args: [{ name: 'CLIENT', choices: ['one', 'two'] }], hasMoreArgs: true }
const required: CommandSpec = {
  ...spec,
  flags: [{ flag: 'to', type: 'string', choices: ['a', 'b'], isRequired: true, help: 'write' }],
}

describe('parseCommandLine()', () => {
  test('parseCommandLine() separates flags, values and arguments', () => {
    const line = parseCommandLine(spec, ['-qc', 'a.json', 'x', '--openapi=1', '--openapi', 'n=2', '--level', 'low'])
    expect(line.args).toEqual(['x'])
    expect([line.has('quiet'), line.has('yes'), line.text('config'), line.text('level')]).toEqual([
      true,
      false,
      'a.json',
      'low',
    ])
    expect([line.list('openapi'), line.number('inspect')]).toEqual([['1', 'n=2'], undefined])
  })

  test.each([
    [spec, ['--inspect'], 9229, []],
    [spec, ['--inspect=80', 'x'], 80, ['x']],
    [spec, ['--inspect', '80'], 9229, ['80']],
    [withoutArgs, ['--inspect', '80'], 80, []],
    [withoutArgs, ['--inspect', '-q'], 9229, []],
    [more, ['one', '--', '--inspect'], undefined, ['one', '--inspect']],
  ])('parseCommandLine() of a flag with an implied value reads case %#', (table, args, port, rest) => {
    const line = parseCommandLine(table, args)
    expect([line.number('inspect'), line.args]).toEqual([port, rest])
  })

  test.each([
    [spec, ['--quite'], 'Cannot use --quite: unknown flag; did you mean "--quiet"?'],
    [spec, ['--hlep'], 'Cannot use --hlep: unknown flag; did you mean "--help"?'],
    [spec, ['--zebra'], 'Cannot use --zebra: unknown flag'],
    [spec, ['-x'], 'Cannot use -x: unknown flag'],
    [spec, ['--quiet=1'], 'Cannot use --quiet: the flag takes no value'],
    [spec, ['-c'], 'Cannot use -c: expected FILE'],
    [
      spec,
      ['--config', '--quiet'],
      'Cannot use --config: expected FILE, got the flag "--quiet"; for a value that starts with "-", write --config=VALUE',
    ],
    [spec, ['--inspect=x'], 'Cannot use --inspect: expected a non-negative integer, got "x"'],
    [spec, ['--level', 'hihg'], 'Cannot use --level: expected high or low, got "hihg"; did you mean "high"?'],
    [spec, ['a', 'b'], 'Cannot run "codecell sample": unexpected argument "b"'],
    [more, [], 'Cannot run "codecell sample": expected CLIENT: one or two'],
    [more, ['tow'], 'Cannot use "tow" as CLIENT: expected one or two; did you mean "two"?'],
    [required, [], 'Cannot run "codecell sample": expected --to a|b'],
  ])('parseCommandLine() rejects case %#: %j', (table, args, message) => {
    expect(() => parseCommandLine(table, args)).toThrow(
      expect.objectContaining({ exitCode: 2, message: `${message}\nSee: codecell help sample` }),
    )
  })

  test('a command line rejects a flag that its table does not have', () => {
    expect(() => parseCommandLine(spec, []).text('nope')).toThrow('codecell sample has no --nope')
  })
})
