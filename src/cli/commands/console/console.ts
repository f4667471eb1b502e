import { serveConsole } from '../../../console.ts'
import { parseCommandLine, usageError, type CommandLine } from '../../common/command-line.ts'
import { consoleTokensOf, portOf, pricesOf } from '../../common/console-flags.ts'
import { exitCodes } from '../../common/exit-codes.ts'
import type { Io } from '../../common/io.ts'
import { printable } from '../../common/printable.ts'
import { demandLocation } from '../../common/session-location.ts'
import { tokensOf } from '../../common/tokens.ts'
import { interruption } from '../../exec/interruption.ts'
import { consoleSpec } from '../../specs/console-command.ts'
import {
  failuresOf,
  failureText,
  openToolSource,
  toolSourceOptions,
  type ToolSource,
} from '../../tool-source/tool-source.ts'
import { jwtOf } from '../serve/serve-jwt.ts'

/** `codecell console --durable DIR`: serves a page that shows sessions and decides about their calls, until a signal. */
export async function consoleCommand(args: readonly string[], { stdout, stderr, env }: Io): Promise<number> {
  const log = (text: string): void => void stderr.write(`${text}\n`)
  const line = parseCommandLine(consoleSpec, args)
  await using location = demandLocation(line, env)
  const jwt = await jwtOf(line, null)
  const { tokens, isNew } = await tokensOf(line, jwt, env)
  const [port, prices, traces, address] = [
    portOf(line, 'port'),
    pricesOf(line),
    line.text('traces'),
    line.text('address'),
  ]
  const isReadOnly = line.has('read-only')
  if (prices !== undefined && traces === undefined)
    throw usageError(consoleSpec, 'Cannot use --prices without --traces DIR')
  using interrupted = interruption()
  const { signal } = interrupted
  await using source = await toolsOf(line, { signal, log })
  await using server = await serveConsole({
    ...location.options,
    tokens: consoleTokensOf(tokens),
    ...(jwt === null ? {} : { jwt }),
    ...(port === undefined ? {} : { port }),
    ...(address === undefined ? {} : { address }),
    hosts: line.list('host').flatMap((list) => list.split(',').map((host) => host.trim())),
    ...(source === null ? {} : { tools: () => source.tools, toolFailures: () => failuresOf(source) }),
    ...(traces === undefined ? {} : { traces }),
    ...(prices === undefined ? {} : { prices }),
    readOnly: isReadOnly,
    onError: (error) => log(printable(error.message)),
  })
  stdout.write(`${isNew ? server.loginUrl(tokens.join('')) : server.url}\n`)
  log(
    isNew ? 'The address has a token that was generated for this run. Press Ctrl+C to stop.' : 'Press Ctrl+C to stop.',
  )
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  return exitCodes.completed
}

/** Returns the tools of the playground and of reverts; null without flags that name some. */
async function toolsOf(
  line: CommandLine,
  { signal, log }: { readonly signal: AbortSignal; readonly log: (text: string) => void },
): Promise<ToolSource | null> {
  if (!line.has('config') && line.list('openapi').length === 0) return null
  const options = toolSourceOptions(line, { signal, onWarning: log })
  const source = await openToolSource({ ...options, retryStarts: true })
  for (const failure of source.failures) log(printable(failureText(failure)))
  return source
}
