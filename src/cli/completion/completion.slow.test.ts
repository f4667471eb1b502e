import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { newFolder } from '../../../test/support/folder.ts'
import { runInProcess } from '../../../test/support/in-process-cli.ts'
import { commandsWithVerbs } from '../specs/all-commands.ts'
import { lastWord } from '../specs/command-spec.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
  mkdirSync(join(folder, 'my servers'))
  writeFileSync(join(folder, 'my servers.json'), '')
})

const installed = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

async function scriptOf(shell: string): Promise<string> {
  const { code, out, err } = await runInProcess(['completion', shell])
  expect([code, err]).toEqual([0, ''])
  const file = join(folder, `completion.${shell}`)
  writeFileSync(file, out)
  return file
}

function run(shell: string, program: string, args: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', program, ...args], { cwd: folder, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((line) => line !== '')
}

/** Returns the completions of the last word, as bash passes words to the function. */
async function bashCompletions(words: readonly string[]): Promise<readonly string[]> {
  const program =
    'set -u; script=$1; shift; source "$script"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _codecell; printf "%s\\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}'
  return run('bash', program, ['bash', await scriptOf('bash'), 'codecell', ...words])
}

const clients = /^claude cursor /

describe.skipIf(!installed('bash'))('the completion script for bash', () => {
  test.each([
    [[''], /^exec tools serve hosts fleet add .* help$/],
    [['tr'], /^trace$/],
    [['--'], /^--help --version$/],
    [['trace', ''], /^show view export reduce check replay$/],
    [['help', 'do'], /^doctor$/],
    [['trace', 'show', '--f'], /^--full$/],
    [['codex-host', '--'], /^--listen --engine --help$/],
    [['codex-host', 'install', '--'], /^--codex --help$/],
    [['add', ''], clients],
    [['add', '--name', 'x', ''], clients],
    [['add', '--name', '=', 'x', ''], clients],
    [['add', 'zed', ''], /^$/],
    [['completion', ''], /^bash zsh fish$/],
    [['exec', '--ask', ''], /^destructive writes none$/],
    [['exec', '--ask', '=', 'w'], /^writes$/],
    [['exec', '--ask', '='], /^destructive writes none$/],
    [['exec', '--session', ''], /^$/],
    [['exec', '--config', 'trace', '--prof'], /^--profile$/],
    [['exec', 'my'], /^my servers(?: my servers\.json|\.json my servers)$/],
    [['exec', '-c', 'my'], /^my servers(?: my servers\.json|\.json my servers)$/],
    [['exec', '--durable', 'my'], /^my servers$/],
    [['trace', 'replay', '--inspect', 'my'], /^my servers$/],
    [['trace', 'replay', '--inspect', '=', '80', 'my'], /^my servers$/],
    [['serve', '--http', '--cor'], /^--cors$/],
    [['frobnicate', ''], /^$/],
  ])('bash completes %j', async (words, expected) => {
    expect((await bashCompletions(words)).join(' ')).toMatch(expected)
  })

  test('bash registers the function for codecell', async () => {
    expect(run('bash', 'source "$0"; complete -p codecell', [await scriptOf('bash')])).toEqual([
      'complete -F _codecell codecell',
    ])
  })
})

describe('the completion script for zsh', () => {
  test('the script has a function for each command and verb, with all flags', async () => {
    const { out } = await runInProcess(['completion', 'zsh'])
    expect(out).toMatch(/^#compdef codecell\n/)
    for (const { name, flags } of commandsWithVerbs()) {
      const body = new RegExp(
        `^_codecell_${name.replaceAll(/[ -]/g, '_')}(?:_itself)?\\(\\) \\{\\n  _arguments[^}]*\\n\\}$`,
        'm',
      )
      const [found = ''] = body.exec(out.replaceAll(/\{(-[^}]*)\}/g, '$1')) ?? []
      for (const { flag } of flags) expect(found, name).toContain(`--${flag}`)
    }
  })

  test.skipIf(!installed('zsh'))('zsh parses the script', async () => {
    expect(run('zsh', 'zsh -n "$0"', [await scriptOf('zsh')])).toEqual([])
  })
})

describe('the completion script for fish', () => {
  test('the script has a line for each flag and verb', async () => {
    const lines = (await runInProcess(['completion', 'fish'])).out.split('\n')
    for (const spec of commandsWithVerbs()) {
      expect(lines).toContainEqual(expect.stringContaining(` -a ${lastWord(spec)} -d '`))
      for (const { flag } of spec.flags) expect(lines).toContainEqual(expect.stringContaining(` -l ${flag} `))
    }
  })

  test.skipIf(!installed('fish')).each([
    ['codecell tr', ['trace']],
    ['codecell trace sh', ['show']],
    ['codecell trace show --', ['--cell', '--full', '--no-color']],
    ['codecell exec --ask ', ['destructive', 'none', 'writes']],
    ['codecell exec --durable my', ['my servers/']],
    ['codecell codex-host --', ['--engine', '--listen']],
  ])('fish completes "%s"', async (line, expected) => {
    const found = run('fish', 'source $argv[1]; complete -C $argv[2]', [await scriptOf('fish'), line])
    expect(found.map((completion) => completion.split('\t')[0])).toEqual(expected)
  })
})
