import { allCommands } from '../specs/all-commands.ts'
import { lastWord, type ArgumentSpec, type CommandSpec, type FlagSpec } from '../specs/command-spec.ts'

/** Returns a string in single quotes, for any shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Returns the names of a flag with dashes. */
export function flagNames({ flag, short }: FlagSpec): readonly string[] {
  return short === undefined ? [`--${flag}`] : [`-${short}`, `--${flag}`]
}

/** Returns the names of all commands. */
export function topLevelWords(): readonly string[] {
  return allCommands.map(({ name }) => name)
}

/** Returns the arguments of a command; the verbs of a command are choices for its first one. */
export function argumentsOf({ name, args, verbs }: CommandSpec): readonly ArgumentSpec[] {
  if (name === 'help') return [{ name: 'COMMAND', choices: topLevelWords(), isOptional: true }]
  return verbs === undefined ? args : [{ name: 'VERB', choices: verbs.map(lastWord) }]
}
