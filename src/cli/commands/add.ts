import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { clientFile, type ClientFile } from '../client-config/client-file.ts'
import { editJsonServers, jsonOf, type EntryEdit } from '../client-config/edit-json-servers.ts'
import { editTomlServers, tomlOf } from '../client-config/edit-toml-servers.ts'
import { exitCodes } from '../exit-codes.ts'
import { parseCommandLine, usageError, type CommandLine } from '../command-line.ts'
import type { Io } from '../io.ts'
import { readTextIfThere, replaceFile } from '../client-config/replace-file.ts'
import { serverEntry } from '../client-config/server-entry.ts'
import { addSpec } from '../specs/setup-commands.ts'
import { usualFiles } from '../tool-source.ts'

/** `codecell add CLIENT`: puts `codecell serve` into the configuration of a client, or prints what to put there. */
export async function addCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(addSpec, args)
  const [name = '', ...serveArgs] = line.args
  const client = clientFile(name, io, { global: line.has('global'), desktop: line.has('desktop') })
  const edit = entryFor(client, line, serveArgs, io)
  const show = (text: string): number => {
    io.stdout.write(text)
    return exitCodes.completed
  }
  if (line.has('print')) return show(client.format === 'json' ? jsonOf(edit) : tomlOf(edit))
  const path = resolve(io.project, client.file)
  const before = readTextIfThere(path)
  const after = client.format === 'json' ? editJsonServers(before, edit) : editTomlServers(before, edit)
  if (after === before) return show(`${client.title} has the entry "${edit.name}" already: ${client.file}\n`)
  replaceFile(path, after)
  return show(`${client.title} starts codecell as "${edit.name}" from now on: ${client.file}\n`)
}

function entryFor(client: ClientFile, line: CommandLine, serveArgs: readonly string[], io: Io): EntryEdit {
  const config = configFor(client, line.text('config'), io)
  const entry = serverEntry(['--config', config, ...serveArgs])
  const name = line.text('name') ?? 'codecell'
  if (!/^[\w-]{1,64}$/.test(name))
    throw usageError(addSpec, `Cannot name the entry "${name}": letters, digits, "_" and "-" are expected`)
  const value = client.hasType ? { type: 'stdio', ...entry } : entry
  return { file: client.file, key: client.key, name, value }
}

/** The servers that codecell stands in front of: any file but the client's own, which is about to name codecell. */
function configFor(client: ClientFile, wanted: string | undefined, { project }: Io): string {
  const pathOf = (file: string): string => resolve(project, file)
  const own = realPath(pathOf(client.file))
  const found = wanted ?? usualFiles.find((file) => existsSync(pathOf(file)) && realPath(pathOf(file)) !== own)
  if (found === undefined) {
    throw usageError(
      addSpec,
      'Cannot tell which servers to put behind codecell: pass --config FILE, with "mcpServers" or "openapi" in it',
    )
  }
  const path = pathOf(found)
  if (!existsSync(path)) throw usageError(addSpec, `Cannot use --config ${found}: there is no such file`)
  if (realPath(path) === own) {
    throw usageError(
      addSpec,
      `Cannot use --config ${found}: it is the file that ${client.title} reads, so codecell would serve itself; move its servers into another file, such as codecell.json`,
    )
  }
  // A project's file may be shared with people who have the project elsewhere.
  const inProject = relative(project, path)
  if (client.projectFolder === null || inProject.startsWith('..') || isAbsolute(inProject)) return path
  return client.projectFolder + inProject.replaceAll('\\', '/')
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
