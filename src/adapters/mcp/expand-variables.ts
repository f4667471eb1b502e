/** Where the values of variables come from, and where relative things are. */
export type VariableScope = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** What `${workspaceFolder}` stands for. */
  readonly workspaceFolder: string
}

export type Expanded = { readonly text: string; readonly missing: readonly string[] }

/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${env:NAME}` and `${workspaceFolder}`, as the configuration files of Claude,
 * Cursor and VS Code have them. `missing` names what has no value; `$NAME` without braces is left as it is.
 */
export function expandVariables(template: string, { env, workspaceFolder }: VariableScope): Expanded {
  const missing: string[] = []
  const text = template.replace(/\$\{([^}]*)\}/g, (_whole, expression: string) => {
    if (expression === 'workspaceFolder') return workspaceFolder
    const [, name = expression, fallback] = /^(?:env:)?(.*?)(?::-(.*))?$/s.exec(expression) ?? []
    const value = env[name]
    if (value !== undefined && !(value === '' && fallback !== undefined)) return value
    if (fallback !== undefined) return fallback
    missing.push(expression.startsWith('input:') ? expression : name)
    return ''
  })
  return { text, missing }
}
