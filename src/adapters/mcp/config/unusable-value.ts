import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { HttpServerConfig, McpServerAddress } from './server-config.ts'

/** A value that cannot be sent or passed to a process. Only the configuration can help. */
export class UnusableValue extends TypeError {}

/**
 * Returns the reason why a server cannot get its headers, command, arguments or variables; null when it can. Node would quote the value in its
 * error, and it can be a secret.
 */
export function unusableValue(server: McpServerAddress): string | null {
  if (server.type !== 'stdio') return headerProblem(server)
  const { command, cwd, args, env } = server
  const values = [
    ['the command', command] as const,
    ['"cwd"', cwd ?? ''] as const,
    ...Object.entries(env).map(([name, value]) => [`the variable ${quoted(name)}`, name + value] as const),
    ...args.map((value, index) => [`argument ${index}`, value] as const),
  ]
  const [found] = values.find(([, value]) => value.includes('\0')) ?? []
  return found === undefined ? null : `${found} of server "${server.name}" has a null character`
}

function headerProblem({ name: server, headers }: Pick<HttpServerConfig, 'name' | 'headers'>): string | null {
  for (const [name, value] of Object.entries(headers)) {
    if (!isValid(() => validateHeaderName(name)))
      return `${quoted(name)} in "headers" of server "${server}" is not a name of a header`
    // White space at the ends is removed.
    if (isValid(() => validateHeaderValue(name, value.trim()))) continue
    return `the header ${quoted(name)} of server "${server}" has a line break or a character that HTTP cannot send`
  }
  return null
}

function isValid(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 100))
}
