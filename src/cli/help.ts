import { allCommands } from './specs/all-commands.ts'
import { flagLabel, type CommandSpec, type FlagSpec } from './specs/command-spec.ts'

/** Width of help texts, in characters. */
const width = 100

/** The longest label that has its text on the same line. */
const maxLabel = 28

/** Returns the help text of all commands. */
export function generalHelp(): string {
  const rows = allCommands.map(({ name, summary }) => [name, summary] as const)
  return [
    'codecell: run one JavaScript program instead of many tool calls',
    'Usage: codecell COMMAND [ARGUMENTS] [FLAGS]',
    `Commands:\n${twoColumns(rows)}`,
    'See "codecell help COMMAND" for the flags of a command, and "codecell --version" for the version.\n',
  ].join('\n\n')
}

/** Returns the help text of one command or verb. */
export function commandHelp(spec: CommandSpec): string {
  const { name, summary, usage, flags, verbs = [], notes = [], examples = [], exitCodes = [] } = spec
  const verbRows = verbs.map((verb) => [`${verb.name.slice(name.length + 1)} ${verb.usage[0]}`, verb.summary] as const)
  const sections = [
    `codecell ${name}: ${summary}`,
    usage.map((way, index) => `${index === 0 ? 'Usage:' : '      '} codecell ${name} ${way}`).join('\n'),
    verbRows.length === 0 ? '' : `Verbs:\n${twoColumns(verbRows)}`,
    flags.length === 0 ? '' : `Flags:\n${twoColumns(flags.map(flagRow))}`,
    notes.join('\n'),
    examples.length === 0 ? '' : `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`,
    exitCodes.length === 0
      ? ''
      : `Exit codes:\n${twoColumns(exitCodes.map(([code, meaning]) => [String(code), meaning] as const))}`,
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function flagRow(flag: FlagSpec): readonly [string, string] {
  // Labels line up whether or not the flag has a short form.
  const label = flag.short === undefined ? `    ${flagLabel(flag)}` : flagLabel(flag)
  return [label, `${flag.help}${remarkOf(flag)}`]
}

function remarkOf({ isRequired, isList, default: standard }: FlagSpec): string {
  const remarks = [
    ...(isRequired === true ? ['required'] : []),
    ...(isList === true ? ['repeatable'] : []),
    ...(standard === undefined ? [] : [`default: ${standard.replaceAll('`', '')}`]),
  ]
  return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`
}

function twoColumns(rows: readonly (readonly [label: string, text: string])[]): string {
  const column = Math.min(maxLabel, Math.max(...rows.map(([label]) => label.length)))
  const indent = ' '.repeat(column + 4)
  return rows
    .map(([label, text]) => {
      const lines = wrapped(text, width - indent.length)
      return label.length > column
        ? [`  ${label}`, ...lines.map((line) => indent + line)].join('\n')
        : [`  ${label.padEnd(column)}  ${lines[0] ?? ''}`, ...lines.slice(1).map((line) => indent + line)].join('\n')
    })
    .join('\n')
}

function wrapped(text: string, length: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > length) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
