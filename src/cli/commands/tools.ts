import { createCatalogue } from '../../agent.ts'
import { type Catalogue, type CatalogueEntry } from '../../index.ts'
import { parseCommandLine, usageError } from '../common/command-line.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../common/io.ts'
import {
  disabledTexts,
  failureText,
  noToolsText,
  openToolSource,
  toolSourceOptions,
} from '../tool-source/tool-source.ts'
import { CommandError, exitCodes } from '../common/exit-codes.ts'
import { toolsSpec } from '../specs/run-commands.ts'

const maxFound = 20

/** `codecell tools`: lists the tools that programs can call by identifier, searches them, or shows one. */
export async function toolsCommand(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(toolsSpec, args)
  const [name] = line.args
  const query = line.text('search')
  if (name !== undefined && query !== undefined) {
    throw usageError(toolsSpec, `Cannot use "${name}" with --search: expected one of both`)
  }
  using interrupted = interruption()
  const onWarning = (text: string): void => void io.stderr.write(`${text}\n`)
  await using source = await openToolSource(toolSourceOptions(line, { signal: interrupted.signal, onWarning }))
  for (const failure of source.failures) io.stderr.write(`${failureText(failure)}\n`)
  for (const text of disabledTexts(source.status)) io.stderr.write(`${text}\n`)
  if (source.sources === 0) io.stderr.write(`${noToolsText(source)}\n`)
  const catalogue = createCatalogue(source.tools)
  for (const entry of chosen(catalogue, { name, query })) {
    io.stdout.write(`${lineOf(entry, { json: line.has('json'), whole: name !== undefined })}\n`)
  }
  return exitCodes.completed
}

type Choice = { readonly name: string | undefined; readonly query: string | undefined }

function chosen({ entries, search }: Catalogue, { name, query }: Choice): readonly CatalogueEntry[] {
  if (query !== undefined) return search(query, maxFound)
  if (name === undefined) return entries
  const found = entries.filter(({ identifier }) => identifier === name)
  if (found.length > 0) return found
  const spelled = entries.filter(({ tool }) => tool.name === name)
  if (spelled.length > 0) return spelled
  const near = search(name, 3).map(({ identifier }) => identifier)
  const hint = near.length === 0 ? '' : `; similar: ${near.join(', ')}`
  throw new CommandError(exitCodes.usage, `Cannot show "${name}": unknown tool${hint}`)
}

function lineOf(
  { identifier, tool, description, sourceName }: CatalogueEntry,
  { json, whole }: { readonly json: boolean; readonly whole: boolean },
): string {
  const { name, namespace = null } = tool
  if (json) return JSON.stringify({ identifier, name, namespace, description })
  const source = sourceName === null ? '' : `${sourceName}: `
  return whole ? description : `${identifier}  ${source}${firstLine(tool.description ?? '')}`
}

function firstLine(description: string): string {
  const [line = ''] = description.trim().split('\n')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
