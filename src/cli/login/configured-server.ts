import { existsSync } from 'node:fs'
import { adviceFor } from '../../options/check-options.ts'
import { loadMcpConfig, type McpServerConfig } from '../../mcp.ts'
import { usageError, type CommandLine } from '../common/command-line.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { usualFiles } from '../common/usual-files.ts'

/** Returns the server that the first argument of a command names. */
export async function configuredServer(line: CommandLine, onWarning: (text: string) => void): Promise<McpServerConfig> {
  const [name] = line.args
  if (name === undefined) throw usageError(line.spec, `Cannot run "codecell ${line.spec.name}": expected SERVER`)
  const file = line.text('config') ?? usualFiles.find((usual) => existsSync(usual))
  if (file === undefined) {
    throw usageError(
      line.spec,
      `Cannot find server "${name}": expected --config FILE, or a file ${usualFiles.join(' or ')}`,
    )
  }
  const servers = await loadMcpConfig(file, { onWarning })
  const server = servers.find((known) => known.name === name)
  if (server === undefined) {
    const names = servers.map((known) => known.name)
    const advice =
      adviceFor(name, names) || `it has ${names.map((known) => JSON.stringify(known)).join(', ') || 'no servers'}`
    throw new CommandError(exitCodes.usage, `Cannot find server "${name}" in ${file}: ${advice}`)
  }
  if (server.type === 'disabled')
    throw new CommandError(exitCodes.usage, `Cannot use server "${name}": ${server.reason}`)
  if (server.type === 'invalid') throw new CommandError(exitCodes.usage, `Cannot use ${server.reason}`)
  return server
}
