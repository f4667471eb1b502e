import { createCatalogue, type Catalogue, type CatalogueEntry } from '../../index.ts'
import { readFlags, textFlag } from '../flags.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../io.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from '../tool-source.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'

const maxFound = 20

/** `codecell tools`: lists what a cell can call, by the identifier it is called by, finds some of it, or shows one tool. */
export async function toolsCommand(args: readonly string[], io: Io): Promise<number> {
  const given = readFlags('tools', args, {
    ...toolSourceFlags,
    json: { type: 'boolean' },
    search: { type: 'string' },
  })
  const [name, ...others] = given.rest
  const query = textFlag(given, 'search')
  const surplus = others[0] ?? (query === undefined ? undefined : name)
  if (surplus !== undefined) {
    throw new CommandError(
      exitCodes.usage,
      `Cannot use "${surplus}": one tool, or --search QUERY, is expected\nSee: codecell help tools`,
    )
  }
  using interrupted = interruption()
  await using source = await openToolSource(toolSourceOptions(given, interrupted.signal))
  for (const failure of source.failures) io.stderr.write(`${failureText(failure)}\n`)
  if (source.sources === 0) io.stderr.write('No tools are configured: pass --config FILE or --openapi FILE\n')
  const catalogue = createCatalogue(source.tools)
  for (const entry of chosen(catalogue, { name, query })) {
    io.stdout.write(`${lineOf(entry, { json: given.flags['json'] === true, whole: name !== undefined })}\n`)
  }
  return exitCodes.completed
}

type Choice = { readonly name: string | undefined; readonly query: string | undefined }

function chosen({ entries, search }: Catalogue, { name, query }: Choice): readonly CatalogueEntry[] {
  if (query !== undefined) return search(query, maxFound)
  if (name === undefined) return entries
  const entry = entries.find(({ identifier }) => identifier === name)
  if (entry !== undefined) return [entry]
  const near = search(name, 3).map(({ identifier }) => identifier)
  const hint = near.length === 0 ? '' : `; near it are ${near.join(', ')}`
  throw new CommandError(exitCodes.usage, `Cannot show "${name}": there is no such tool${hint}`)
}

function lineOf(
  { identifier, tool, description }: CatalogueEntry,
  { json, whole }: { readonly json: boolean; readonly whole: boolean },
): string {
  if (json) return JSON.stringify({ identifier, name: tool.name, namespace: tool.namespace ?? null, description })
  return whole ? description : `${identifier}  ${firstLine(tool.description ?? '')}`
}

function firstLine(description: string): string {
  const [line = ''] = description.trim().split('\n')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
