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
 * Expands `${NAME}`, `${NAME:-default}`, `${env:NAME}`, `${file:PATH}` and the variables of editors such as `${workspaceFolder}`. A
 * default can have variables. `missing` has the variables without a value. `$NAME` without braces is unchanged, except in the form
 * `dollar` where it has a value.
 */
export function expandVariables(template: string, scope: VariableScope): Expanded {
  const missing: string[] = []
  const valueOf = (expression: string): string => {
    const value = valueIn(expression, scope)
    missing.push(...value.missing)
    return value.text
  }
  const parts = partsIn(template, scope.form ?? 'braces').map((part) => {
    if (part.type === 'expression') return valueOf(part.text)
    return part.type === 'name' ? (variableIn(scope, part.text) ?? `$${part.text}`) : part.text
  })
  return { text: parts.join(''), missing }
}

/** A part of a template: literal text, an expression in braces, or a name without braces. */
type Part = { readonly type: 'literal' | 'expression' | 'name'; readonly text: string }

function partsIn(template: string, form: VariableForm): readonly Part[] {
  const parts: Part[] = []
  const opener = openers[form]
  let at = 0
  for (let begun = next(opener, template, 0); begun !== null; begun = next(opener, template, at)) {
    const [whole, name] = begun
    const start = begun.index + whole.length
    const end = name === undefined ? closingBrace(template, start, form) : start
    parts.push({ type: 'literal', text: template.slice(at, end === -1 ? start : begun.index) })
    if (name !== undefined) parts.push({ type: 'name', text: name })
    else if (end !== -1) parts.push({ type: 'expression', text: template.slice(start, end) })
    at = name === undefined && end !== -1 ? end + 1 : start
  }
  return [...parts, { type: 'literal', text: template.slice(at) }]
}

/** The beginnings of expressions. The group is a name without braces. */
const openers: Readonly<Record<VariableForm, RegExp | null>> = {
  braces: /\$\{/g,
  dollar: /\$\{|\$(\w+)/g,
  curly: /\{(?=(?:env|file):)/g,
  none: null,
}

function next(opener: RegExp | null, template: string, from: number): RegExpExecArray | null {
  if (opener === null) return null
  opener.lastIndex = from
  return opener.exec(template)
}

/** Returns the position of the brace that closes an expression, which can contain others; -1 without one. */
function closingBrace(template: string, start: number, form: VariableForm): number {
  let depth = 1
  for (let at = start; at < template.length; at++) {
    if (form !== 'curly' && template.startsWith('${', at)) depth++
    else if (template.charAt(at) === '}' && --depth === 0) return at
  }
  return -1
}

function valueIn(expression: string, scope: VariableScope): Expanded {
  const { env, workspaceFolder } = scope
  switch (expression) {
    case 'workspaceFolder':
    case 'workspaceRoot':
      return found(workspaceFolder)
    case 'workspaceFolderBasename':
      return found(basename(workspaceFolder))
    case 'userHome':
      return found(env['HOME'] ?? env['USERPROFILE'] ?? homedir())
    case 'pathSeparator':
    case '/':
      return found(sep)
    // The folders of a project and of a plugin of Claude Code, and of an extension of Gemini CLI.
    case 'CLAUDE_PROJECT_DIR':
    case 'CLAUDE_PLUGIN_ROOT':
    case 'extensionPath':
      return found(variableIn(scope, expression) ?? workspaceFolder)
  }
  if (expression.startsWith('file:')) return fileText(expression, scope)
  const [, name = expression, fallback] = /^(?:env:)?(.*?)(?::-(.*))?$/s.exec(expression) ?? []
  const value = variableIn(scope, name)
  if (value !== undefined && !(value === '' && fallback !== undefined)) return found(value)
  if (fallback !== undefined) return expandVariables(fallback, scope)
  return { text: '', missing: [expression.startsWith('input:') ? expression : name] }
}

/** Returns the value of a variable. The environment can be an object that inherits other names. */
export function variableIn({ env }: Pick<VariableScope, 'env'>, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

function found(text: string): Expanded {
  return { text, missing: [] }
}

/** Returns the content of the file in `file:PATH`, without white space around it. */
function fileText(expression: string, { workspaceFolder, env }: VariableScope): Expanded {
  try {
    const path = resolvedPath(expression.slice('file:'.length), workspaceFolder, env)
    return found(decodeText(readFileSync(path)).trim())
  } catch (error) {
    return { text: '', missing: [`${expression}: ${messageOf(error)}`] }
  }
}
