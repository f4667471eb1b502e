/** The sources of variables, and the base of relative paths. */
export type VariableScope = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The value of `${workspaceFolder}`. */
  readonly workspaceFolder: string
}

export type Expanded = { readonly text: string; readonly missing: readonly string[] }

/**
 * Expands `${NAME}`, `${NAME:-default}`, `${env:NAME}` and `${workspaceFolder}`, as in the configuration files of Claude, Cursor and
 * VS Code. `missing` has the variables without a value. `$NAME` without braces is unchanged.
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
