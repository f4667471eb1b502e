import { allCommands, commandsWithVerbs } from '../../src/cli/specs/all-commands.ts'
import { flagLabel, type CommandSpec, type FlagSpec } from '../../src/cli/specs/command-spec.ts'

const block = /^<!-- begin codecell ?(?<name>[a-z -]*?) -->\n[\s\S]*?^<!-- end -->$/gm

/**
 * Returns a page with its generated parts written again: everything from `<!-- begin codecell NAME -->` to `<!-- end -->` is the
 * table of that command, or the list of commands without a name.
 */
export function withGeneratedTables(page: string): string {
  return page.replaceAll(block, (_, name: string) => {
    const start = `<!-- begin codecell${name === '' ? '' : ` ${name}`} -->`
    return `${start}\n${tablesOf(name)}\n<!-- end -->`
  })
}

function tablesOf(name: string): string {
  if (name === '') {
    return table(
      ['command', ''],
      allCommands.map((spec) => [code(`codecell ${spec.name}`), spec.summary]),
    )
  }
  const spec = commandsWithVerbs().find((known) => known.name === name)
  if (spec === undefined) throw new Error(`there is no table for "codecell ${name}"`)
  const { flags, exitCodes = [] } = spec
  const parts = [
    `\`\`\`sh\n${spec.usage.map((way) => `codecell ${spec.name} ${way}`).join('\n')}\n\`\`\``,
    ...(flags.length === 0 ? [] : [flagTable(spec)]),
    ...(exitCodes.length === 0
      ? []
      : [
          table(
            ['exit code', ''],
            exitCodes.map(([exitCode, meaning]) => [String(exitCode), meaning]),
          ),
        ]),
  ]
  return parts.join('\n\n')
}

function flagTable({ flags }: CommandSpec): string {
  return table(
    ['flag', '', 'default'],
    flags.map((flag) => [labelOf(flag), helpOf(flag), flag.default ?? '']),
  )
}

function labelOf(flag: FlagSpec): string {
  return flagLabel(flag).split(', ').map(code).join(', ')
}

function helpOf({ help, isRequired, isList }: FlagSpec): string {
  const remarks = [...(isRequired === true ? ['required'] : []), ...(isList === true ? ['repeatable'] : [])]
  return remarks.length === 0 ? help : `${help} (${remarks.join('; ')})`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`.replaceAll(/ {2,}/g, ' ')
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}
