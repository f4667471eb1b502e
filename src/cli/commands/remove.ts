import { resolve } from 'node:path'
import { clientFile } from '../client-config/client-file.ts'
import { entryIn, parseJson, removeJsonEntry } from '../client-config/edit-json-servers.ts'
import { parseToml, removeTomlEntry } from '../client-config/edit-toml-servers.ts'
import { entryName } from '../client-config/entry-name.ts'
import { readTextIfThere, replaceFile } from '../client-config/replace-file.ts'
import { runsServe } from '../client-config/server-entry.ts'
import { parseCommandLine } from '../common/command-line.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { removeSpec } from '../specs/setup-commands.ts'

/** `codecell remove CLIENT`: removes the entry of `codecell add` from the configuration of a client. */
export async function removeCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(removeSpec, args)
  const [client = ''] = line.args
  const choice = { global: line.has('global'), desktop: line.has('desktop') }
  const { title, file, format, serversPath } = clientFile(client, io, choice)
  const path = resolve(io.project, file)
  const before = readTextIfThere(path)
  const content = format === 'json' ? parseJson(before, file) : parseToml(before, file)
  const entry = { file, servers: serversPath(content), name: entryName(line) }
  const value = entryIn(content, entry)
  if (value === undefined) {
    io.stdout.write(`${title} has no "${entry.name}": ${file}\n`)
    return exitCodes.completed
  }
  if (!runsCodecell(value)) {
    throw new CommandError(
      exitCodes.usage,
      `Cannot remove "${entry.name}" from ${file}: it does not run codecell serve`,
    )
  }
  replaceFile(path, format === 'json' ? removeJsonEntry(before, entry) : removeTomlEntry(before, entry))
  io.stdout.write(`Removed "${entry.name}" from ${title}: ${file}\n`)
  return exitCodes.completed
}

/** Whether an entry, in the format of any client, runs `codecell serve`. */
function runsCodecell(entry: unknown): boolean {
  if (typeof entry !== 'object' || entry === null) return false
  const words = [Reflect.get(entry, 'command'), Reflect.get(entry, 'args')].flat().map(String)
  return runsServe({ command: '', args: words })
}
