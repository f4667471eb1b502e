import { statSync } from 'node:fs'
import { isRecord } from '../../../protocol/json.ts'
import { isPath, resolvedPath } from './config-paths.ts'
import type { EntryValues } from './entry-values.ts'

/** The words of a command, and the variables that belong to it. */
export type EntryCommand = { readonly words: readonly string[]; readonly env: Readonly<Record<string, string>> }

/**
 * Returns the command of an entry: a string and `args`, a list (opencode), or an object (Zed). A string with arguments is split into
 * words. Relative paths are relative to the folder.
 */
export function commandIn(values: EntryValues, folder: string): EntryCommand {
  const { words, env } = writtenCommand(values, folder)
  return { words: withoutShell(words), env }
}

function writtenCommand(values: EntryValues, folder: string): EntryCommand {
  const command = values.value('command')
  if (Array.isArray(command)) {
    if (command.length === 0) return values.fail(`server "${values.name}" requires a string "command"`)
    return { words: [...values.list('command', command), ...values.list('args')], env: {} }
  }
  if (isRecord(command)) {
    const args = command['args'] ?? undefined
    return {
      words: [values.text('command.path', command['path']), ...values.list('command.args', args)],
      env: values.texts('command.env', command['env'] ?? undefined),
    }
  }
  if (command === undefined && (values.value('source') === 'extension' || values.has('settings'))) {
    return values.fail(`server "${values.name}" belongs to an extension of Zed, which only Zed can start`)
  }
  return { words: [...commandLine(values, command, folder), ...values.list('args')], env: {} }
}

/** A word of a command line: quoted parts, variables with their defaults, and other characters. */
const wordPattern = /(?:"[^"]*"|'[^']*'|\$?\{[^}]*\}|[^\s"'])+/g

/** Returns the words of a command in one string. The path of a program can have spaces. */
function commandLine(values: EntryValues, command: unknown, folder: string): readonly string[] {
  const whole = values.text('command', command).trim()
  if (typeof command !== 'string' || !/\S\s+\S/.test(command) || isProgram(values, whole, folder)) return [whole]
  const words = (command.match(wordPattern) ?? []).map((word) =>
    values.expanded(
      word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
    ),
  )
  const [program = ''] = words
  // An unquoted path with spaces that does not exist is named whole in the error.
  const isSplit = /^["']/.test(command.trim()) || !/[\\/]/.test(program) || isProgram(values, program, folder)
  return isSplit ? words : [whole]
}

function isProgram(values: EntryValues, path: string, folder: string): boolean {
  if (!isPath(path)) return false
  try {
    return statSync(resolvedPath(path, folder, values.scope.env)).isFile()
  } catch {
    // A command line can be longer than a path, or have characters that no path has.
    return false
  }
}

/** Returns the command that `cmd /c` runs. Files for Windows have it, and other systems run the command without it. */
function withoutShell(words: readonly string[]): readonly string[] {
  const [program = '', flag = '', ...command] = words
  const isShell = /^cmd(\.exe)?$/i.test(program) && /^\/[ck]$/i.test(flag) && command.length > 0
  return isShell && process.platform !== 'win32' ? command : words
}
