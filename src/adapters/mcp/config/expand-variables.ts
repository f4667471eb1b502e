import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, sep } from 'node:path'
import { messageOf } from '../../../errors.ts'
import { decodeText } from './config-text.ts'
import { resolvedPath } from './config-paths.ts'

/**
 * The form of variables: `braces` is `${NAME}`, `dollar` is also `$NAME` (Gemini CLI), `curly` is `{env:NAME}` (opencode), `none` leaves
 * every text unchanged (Codex, Zed).
 */
export type VariableForm = 'braces' | 'dollar' | 'curly' | 'none'

/** The sources of variables, and the base of relative paths. */
export type VariableScope = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The value of `${workspaceFolder}`, and the base of relative paths. */
  readonly workspaceFolder: string
  /** @default 'braces' */
  readonly form?: VariableForm
}

export type Expanded = { readonly text: string; readonly missing: readonly string[] }

/**
 * Expands `${NAME}`, `${NAME:-default}`, `${env:NAME}`, `${file:PATH}` and the variables of editors such as `${workspaceFolder}`.
 * `missing` has the variables without a value. `$NAME` without braces is unchanged, except in the form `dollar` where it has a value.
 */
export function expandVariables(template: string, scope: VariableScope): Expanded {
  const missing: string[] = []
  const valueOf = (expression: string): string => {
    const value = valueIn(expression, scope)
    if (typeof value === 'string') return value
    missing.push(value.missing)
    return ''
  }
  const pattern = patterns[scope.form ?? 'braces']
  if (pattern === null) return { text: template, missing }
  const text = template.replace(pattern, (whole: string, expression: string | undefined) =>
    expression === undefined ? (scope.env[whole.slice(1)] ?? whole) : valueOf(expression),
  )
  return { text, missing }
}

/** The group is an expression. A variable without braces is only replaced where it has a value. */
const patterns: Readonly<Record<VariableForm, RegExp | null>> = {
  braces: /\$\{([^}]*)\}/g,
  dollar: /\$\{([^}]*)\}|\$\w+/g,
  curly: /\{((?:env|file):[^}]*)\}/g,
  none: null,
}

function valueIn(expression: string, scope: VariableScope): string | { readonly missing: string } {
  const { env, workspaceFolder } = scope
  switch (expression) {
    case 'workspaceFolder':
    case 'workspaceRoot':
      return workspaceFolder
    case 'workspaceFolderBasename':
      return basename(workspaceFolder)
    case 'userHome':
      return env['HOME'] ?? env['USERPROFILE'] ?? homedir()
    case 'pathSeparator':
    case '/':
      return sep
    case 'CLAUDE_PROJECT_DIR':
      return env[expression] ?? workspaceFolder
  }
  if (expression.startsWith('file:')) return fileText(expression, scope)
  const [, name = expression, fallback] = /^(?:env:)?(.*?)(?::-(.*))?$/s.exec(expression) ?? []
  const value = env[name]
  if (value !== undefined && !(value === '' && fallback !== undefined)) return value
  return fallback ?? { missing: expression.startsWith('input:') ? expression : name }
}

/** Returns the content of the file in `file:PATH`, without white space around it. */
function fileText(expression: string, { workspaceFolder, env }: VariableScope): string | { readonly missing: string } {
  try {
    const path = resolvedPath(expression.slice('file:'.length), workspaceFolder, env)
    return decodeText(readFileSync(path)).trim()
  } catch (error) {
    return { missing: `${expression}: ${messageOf(error)}` }
  }
}
