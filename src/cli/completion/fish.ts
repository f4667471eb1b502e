import { allCommands } from '../specs/all-commands.ts'
import { lastWord, type ArgumentSpec, type CommandSpec, type FlagSpec } from '../specs/command-spec.ts'
import { argumentsOf } from './words.ts'

/** Returns the completion script for fish. */
export function fishCompletion(): string {
  const lines = [
    '# fish completion for codecell',
    'complete -c codecell -f',
    complete('__fish_use_subcommand', '-l help', 'show all commands'),
    complete('__fish_use_subcommand', '-l version', 'show the version'),
    ...allCommands.map((spec) => complete('__fish_use_subcommand', `-a ${spec.name}`, spec.summary)),
    ...allCommands.flatMap(commandLines),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(spec: CommandSpec): string[] {
  const { name, verbs = [] } = spec
  const seen = `__fish_seen_subcommand_from ${name}`
  if (verbs.length === 0) return tableLines(spec, seen)
  const words = verbs.map(lastWord)
  const withoutVerb = `${seen}; and not __fish_seen_subcommand_from ${words.join(' ')}`
  return [
    ...verbs.map((verb) => complete(withoutVerb, `-a ${lastWord(verb)}`, verb.summary)),
    ...tableLines({ ...spec, verbs: [], args: [] }, withoutVerb),
    ...verbs.flatMap((verb) => tableLines(verb, `${seen}; and __fish_seen_subcommand_from ${lastWord(verb)}`)),
  ]
}

function tableLines(spec: CommandSpec, condition: string): string[] {
  return [
    ...spec.flags.map((flag) => complete(condition, flagOptions(flag), flag.help)),
    ...argumentsOf(spec).flatMap((arg) => {
      const values = valueOptions(arg)
      return values === '' ? [] : [complete(condition, values, arg.name)]
    }),
  ]
}

function flagOptions(flag: FlagSpec): string {
  const names = `${flag.short === undefined ? '' : `-s ${flag.short} `}-l ${flag.flag}`
  if (flag.type === 'boolean') return names
  // A flag with an implied value takes one after "=" only.
  const takes = flag.impliedValue === undefined ? ' -x' : ''
  return `${names}${takes} ${valueOptions(flag)}`.trimEnd()
}

function valueOptions({ choices, completes }: Pick<ArgumentSpec, 'choices' | 'completes'>): string {
  if (choices !== undefined) return `-a ${fishQuoted(choices.join(' '))}`
  if (completes === undefined) return ''
  return completes === 'folder' ? "-a '(__fish_complete_directories)'" : "-a '(__fish_complete_path)'"
}

function complete(condition: string, options: string, description: string): string {
  return `complete -c codecell -n ${fishQuoted(condition)} ${options} -d ${fishQuoted(description)}`
}

/** Returns a string in single quotes: fish reads backslashes in them. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`
}
