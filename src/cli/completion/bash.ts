import { commandsWithVerbs } from '../specs/all-commands.ts'
import { lastWord, type ArgumentSpec, type CommandSpec, type FlagSpec } from '../specs/command-spec.ts'
import { argumentsOf, flagNames, quoted, topLevelWords } from './words.ts'

/** Returns the completion script for bash; it works in bash 3.2, which has neither `mapfile` nor `compopt`. */
export function bashCompletion(): string {
  return `# bash completion for codecell
_codecell_words() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$2")
}

_codecell_files() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$2")
}

_codecell() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' count=0 flag='' index word
  COMPREPLY=()
  # bash splits --flag=value into three words.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ -n $flag ]]; then
      flag=''
      [[ $word == '=' ]] && flag='='
      continue
    fi
    case "$command $word" in
${commandsWithVerbs().map(wordCase).join('\n')}
${commandsWithVerbs().flatMap(valueFlagCase).join('\n')}
      *' =') flag='=' ;;
      *' '-*) ;;
      *) ((count++)) ;;
    esac
  done
  case "$command $prev" in
${commandsWithVerbs().flatMap(valueCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$command" in
${commandsWithVerbs().map(flagsCase).join('\n')}
      *) _codecell_words '--help --version' "$cur" ;;
    esac
    return
  fi
  case "$command $count" in
    ' 0') _codecell_words ${quoted(topLevelWords().join(' '))} "$cur" ;;
${commandsWithVerbs().flatMap(argumentCases).join('\n')}
  esac
}

complete -F _codecell codecell
`
}

/** The word that selects a command or verb. */
function wordCase(spec: CommandSpec): string {
  const parent = spec.name.slice(0, -lastWord(spec).length).trimEnd()
  return `      ${quoted(`${parent} ${lastWord(spec)}`)}) command=${quoted(spec.name)} count=0 ;;`
}

/** Flags whose next word is their value. */
function valueFlagCase({ name, flags }: CommandSpec): string[] {
  const names = flags.filter(takesNextWord).flatMap(flagNames)
  if (names.length === 0) return []
  return [`      ${names.map((flag) => quoted(`${name} ${flag}`)).join('|')}) flag=$word ;;`]
}

function takesNextWord({ type, impliedValue }: FlagSpec): boolean {
  return type !== 'boolean' && impliedValue === undefined
}

function valueCases({ name, flags }: CommandSpec): string[] {
  return flags
    .filter(({ type }) => type !== 'boolean')
    .map((flag) => {
      const patterns = flagNames(flag).map((word) => quoted(`${name} ${word}`))
      // Without a value of its own, the next word is anything.
      const isOptional = flag.impliedValue !== undefined
      return `    ${patterns.join('|')}) ${isOptional ? '' : `${action(flag)}return `};;`
    })
}

function flagsCase({ name, flags }: CommandSpec): string {
  const names = [...flags.map(({ flag }) => `--${flag}`), '--help']
  return `      ${quoted(name)}) _codecell_words ${quoted(names.join(' '))} "$cur" ;;`
}

function argumentCases(spec: CommandSpec): string[] {
  return argumentsOf(spec).flatMap((arg, index) => {
    const complete = action(arg)
    return complete === '' ? [] : [`    ${quoted(`${spec.name} ${index}`)}) ${complete};;`]
  })
}

function action({ choices, completes }: Pick<ArgumentSpec, 'choices' | 'completes'>): string {
  if (choices !== undefined) return `_codecell_words ${quoted(choices.join(' '))} "$cur"; `
  if (completes === undefined) return ''
  return `_codecell_files ${completes === 'folder' ? '-d' : '-f'} "$cur"; `
}
