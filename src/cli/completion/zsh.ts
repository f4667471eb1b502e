import { allCommands } from '../specs/all-commands.ts'
import { lastWord, type ArgumentSpec, type CommandSpec, type FlagSpec } from '../specs/command-spec.ts'
import { argumentsOf, flagNames, quoted } from './words.ts'

/** Returns the completion script for zsh: a file for `fpath`, or to be sourced. */
export function zshCompletion(): string {
  return `#compdef codecell
# zsh completion for codecell
${allCommands.map(commandFunctions).join('\n')}

_codecell() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '1: :->command' '*:: :->args' && return
  case $state in
    command)
      local -a commands=(
${described(allCommands)}
      )
      _describe command commands
      ;;
    args)
      case $line[1] in
${allCommands.map(({ name }) => `        ${name}) ${functionName(name)} ;;`).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _codecell ]]; then
  _codecell "$@"
else
  compdef _codecell codecell
fi
`
}

function functionName(name: string): string {
  return `_codecell_${name.replaceAll(/[ -]/g, '_')}`
}

function commandFunctions(spec: CommandSpec): string {
  const { verbs } = spec
  if (verbs === undefined) return plainFunction(spec, functionName(spec.name))
  const own = functionName(spec.name)
  return `${[...verbs.map((verb) => plainFunction(verb, functionName(verb.name))), plainFunction({ ...spec, args: [] }, `${own}_itself`)].join('\n')}
${own}() {
  if (( CURRENT > 2 )); then
    case $words[2] in
${verbs.map((verb) => `      ${lastWord(verb)}) shift words; (( CURRENT-- )); ${functionName(verb.name)}; return ;;`).join('\n')}
    esac
  elif [[ $words[2] != -* ]]; then
    local -a verbs=(
${described(verbs)}
    )
    _describe verb verbs
    return
  fi
  ${own}_itself
}`
}

function plainFunction(spec: CommandSpec, name: string): string {
  const args = spec.verbs === undefined ? argumentsOf(spec) : []
  const specs = [
    ...spec.flags.map(flagSpec),
    quoted('--help[show this help]'),
    ...args.map((arg, index) => quoted(`${index + 1}:${arg.name.toLowerCase()}:${action(arg)}`)),
  ]
  return `${name}() {\n  _arguments -s -S \\\n${specs.map((line) => `    ${line}`).join(' \\\n')}\n}`
}

function flagSpec(flag: FlagSpec): string {
  const help = escaped(flag.help)
  const names = flagNames(flag)
  const value = flag.type === 'boolean' ? '' : `:${escaped(flag.value ?? 'value')}:${action(flag)}`
  const suffix = flag.type === 'boolean' ? '' : flag.impliedValue === undefined ? '=' : '=-'
  const optional = flag.impliedValue === undefined ? value : `:${value}`
  // Only a repeatable flag is offered again.
  const exclusion = flag.isList === true ? '*' : `(${names.join(' ')})`
  const long = `--${flag.flag}${suffix}`
  const choice = flag.short === undefined ? long : `{-${flag.short}${flag.type === 'boolean' ? '' : '+'},${long}}`
  return flag.short === undefined
    ? quoted(`${exclusion}${long}[${help}]${optional}`)
    : `${quoted(exclusion)}${choice}${quoted(`[${help}]${optional}`)}`
}

function action({ choices, completes }: Pick<ArgumentSpec, 'choices' | 'completes'>): string {
  if (choices !== undefined) return `(${choices.join(' ')})`
  if (completes === undefined) return ''
  return completes === 'folder' ? '_files -/' : '_files'
}

/** Text for a specification of `_arguments`, in which brackets and colons have a meaning. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
}

function described(specs: readonly CommandSpec[]): string {
  return specs
    .map((spec) => `        ${quoted(`${lastWord(spec)}:${spec.summary.replaceAll(':', String.raw`\:`)}`)}`)
    .join('\n')
}
