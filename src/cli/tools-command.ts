import { createCatalogue } from '../index.ts'
import { readFlags } from './flags.ts'
import { interruption } from './interruption.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from './tool-source.ts'
import { CommandError, exitCodes } from './exit-codes.ts'

/** `codecell tools`: lists what a cell can call, by the identifier it is called by. */
export async function toolsCommand(args: readonly string[]): Promise<number> {
  const given = readFlags('tools', args, {
    ...toolSourceFlags,
    json: { type: 'boolean' },
  })
  if (given.rest.length > 0) {
    throw new CommandError(
      exitCodes.usage,
      `Cannot use "${given.rest[0]}": this command takes flags only\nSee: codecell help tools`,
    )
  }
  using interrupted = interruption()
  await using source = await openToolSource(toolSourceOptions(given, interrupted.signal))
  for (const failure of source.failures) process.stderr.write(`${failureText(failure)}\n`)
  const { entries } = createCatalogue(source.tools)
  if (source.sources === 0) process.stderr.write('No tools are configured: pass --config FILE or --openapi FILE\n')
  for (const { identifier, tool, description } of entries) {
    const line =
      given.flags['json'] === true
        ? JSON.stringify({ identifier, name: tool.name, namespace: tool.namespace ?? null, description })
        : `${identifier}  ${firstLine(tool.description ?? '')}`
    process.stdout.write(`${line}\n`)
  }
  return exitCodes.completed
}

function firstLine(description: string): string {
  const [line = ''] = description.trim().split('\n')
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
