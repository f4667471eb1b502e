import { CommandError, exitCodes } from '../../common/exit-codes.ts'
import { loadMcpConfig, type LoadedMcpServer } from '../../../mcp.ts'
import type { Task, TaskSet } from '../tasks/task.ts'

/**
 * Reads the servers of tasks. `node` in a command is this Node, and a server without `cwd` runs in the folder of its run.
 *
 * @throws {CommandError} when a task names a server that the file does not have
 */
export async function taskServers(
  { config, tasks }: TaskSet,
  { hiddenVariable, onWarning }: { readonly hiddenVariable: string | null; readonly onWarning: (text: string) => void },
): Promise<(task: Task, folder: string) => readonly LoadedMcpServer[]> {
  if (config === null) return () => []
  // A configuration must not pass the key of the model to a server.
  const { [hiddenVariable ?? '']: _, ...env } = process.env
  const loaded = await loadMcpConfig(config, { env, onWarning })
  const known = new Map(loaded.map((server) => [server.name, server]))
  for (const { id, servers } of tasks) {
    const missing = servers.find((name) => !known.has(name))
    if (missing === undefined) continue
    throw new CommandError(exitCodes.usage, `Cannot run task ${id}: ${config} has no server "${missing}"`)
  }
  return (task, folder) => task.servers.flatMap((name) => serverIn(known.get(name), folder))
}

function serverIn(server: LoadedMcpServer | undefined, folder: string): readonly LoadedMcpServer[] {
  if (server === undefined) return []
  if (server.type !== 'stdio') return [server]
  return [
    { ...server, command: server.command === 'node' ? process.execPath : server.command, cwd: server.cwd ?? folder },
  ]
}
