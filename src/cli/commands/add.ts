import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { clientFile, type ClientFile } from '../client-config/client-file.ts'
import { addJsonEntry, entryIn, jsonOf, parseJson, type EntryEdit } from '../client-config/edit-json-servers.ts'
import { addTomlEntry, parseToml, tomlOf } from '../client-config/edit-toml-servers.ts'
import { entryName } from '../client-config/entry-name.ts'
import { readTextIfThere, replaceFile } from '../client-config/replace-file.ts'
import { isFromSource, serverEntry } from '../client-config/server-entry.ts'
import { parseCommandLine, usageError, type CommandLine } from '../common/command-line.ts'
import { exitCodes } from '../common/exit-codes.ts'
import type { Io } from '../common/io.ts'
import { addSpec } from '../specs/setup-commands.ts'
import { usualFiles } from '../common/usual-files.ts'

/** `codecell add CLIENT`: adds `codecell serve` to the configuration of a client, or prints the entry. */
export async function addCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(addSpec, args)
  const [name = '', ...serveArgs] = line.args
  const client = clientFile(name, io, { global: line.has('global'), desktop: line.has('desktop') })
  const { title, file, format } = client
  const path = resolve(io.project, file)
  const before = readTextIfThere(path)
  const content = contentOf(client, before, { isOptional: line.has('print') })
  const edit = entryFor(client, { line, serveArgs, content, io })
  if (isFromSource && client.projectFolder !== null)
    io.stderr.write(
      'codecell runs from its sources: the entry starts the published package; --global starts this copy\n',
    )
  if (line.has('print')) {
    io.stdout.write(format === 'json' ? jsonOf(edit) : tomlOf(edit))
    return exitCodes.completed
  }
  const after = format === 'json' ? addJsonEntry(before, edit) : addTomlEntry(before, edit)
  if (after !== before) replaceFile(path, after)
  const done =
    after === before
      ? `${title} already has "${edit.name}"`
      : entryIn(content, edit) === undefined
        ? `Added "${edit.name}" to ${title}`
        : `Updated "${edit.name}" in ${title}`
  io.stdout.write(`${done}: ${file}\n`)
  return exitCodes.completed
}

/** Parses the client's file. An optional content is undefined where the file is malformed. */
function contentOf(
  { format, file }: ClientFile,
  text: string,
  { isOptional }: { readonly isOptional: boolean },
): unknown {
  try {
    return format === 'json' ? parseJson(text, file) : parseToml(text, file)
  } catch (error) {
    if (isOptional) return undefined
    throw error
  }
}

type EntryOptions = {
  readonly line: CommandLine
  readonly serveArgs: readonly string[]
  /** The parsed content of the client's file. */
  readonly content: unknown
  readonly io: Io
}

function entryFor(client: ClientFile, { line, serveArgs, content, io }: EntryOptions): EntryEdit {
  const config = configFor(client, line.text('config'), io)
  const isShared = client.projectFolder !== null
  const entry = serverEntry(['--config', config, ...serveArgs], { isShared })
  const { file, serversPath, entryOf } = client
  return { file, servers: serversPath(content), name: entryName(line), value: entryOf(entry) }
}

/** Returns the path of the file with the servers behind codecell. The client's own file is excluded: its entry starts codecell. */
function configFor(client: ClientFile, wanted: string | undefined, { project }: Io): string {
  const pathOf = (file: string): string => resolve(project, file)
  const own = realPath(pathOf(client.file))
  const found = wanted ?? usualFiles.find((file) => existsSync(pathOf(file)) && realPath(pathOf(file)) !== own)
  if (found === undefined) {
    throw usageError(
      addSpec,
      'Cannot find the servers to put behind codecell: expected --config FILE, with "mcpServers" or "openapi" in it',
    )
  }
  const path = pathOf(found)
  if (!existsSync(path)) throw usageError(addSpec, `Cannot use --config ${found}: file not found`)
  if (realPath(path) === own) {
    throw usageError(
      addSpec,
      `Cannot use --config ${found}: ${client.title} reads this file, so codecell would serve itself; move its servers into another file, such as codecell.json`,
    )
  }
  if (client.projectFolder === null) return path
  // A project's file is shared with users who have the project elsewhere.
  const inProject = relative(project, path)
  const isOutside = inProject.startsWith('..') || isAbsolute(inProject)
  if (isOutside && isAbsolute(found)) {
    throw usageError(
      addSpec,
      `Cannot write ${found} into ${client.file}: expected a file in the project, whose path is the same on every machine; --global uses your own configuration`,
    )
  }
  return client.projectFolder + inProject.replaceAll('\\', '/')
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
