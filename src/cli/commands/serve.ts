import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { CodecellError, messageOf } from '../../index.ts'
import {
  createMcpServer,
  serveHttp,
  serveStdio,
  type CodecellMcpServer,
  type McpServerSettings,
} from '../../mcp-server.ts'
import { clientTraces } from '../client-traces.ts'
import { askFlag } from '../exec/approvals.ts'
import { CommandError, exitCodes } from '../exit-codes.ts'
import { numberFlag, readFlags, textFlag, type Given } from '../flags.ts'
import { interruption } from '../exec/interruption.ts'
import type { Io } from '../io.ts'
import { failureText, openToolSource, toolSourceFlags, toolSourceOptions } from '../tool-source.ts'

const serveFlags = {
  ...toolSourceFlags,
  http: { type: 'boolean' },
  port: { type: 'string' },
  'token-file': { type: 'string' },
  'no-token': { type: 'boolean' },
  cors: { type: 'string' },
  'max-yield': { type: 'string' },
  passthrough: { type: 'boolean' },
  ask: { type: 'string' },
  'read-only': { type: 'boolean' },
  trace: { type: 'string' },
  durable: { type: 'string' },
  session: { type: 'string' },
} as const

type Log = (text: string) => void

/** `codecell serve`: `exec` and `wait` for an MCP client. Standard output belongs to the protocol. Returns the exit code. */
export async function serveCommand(args: readonly string[], { stderr, env }: Io): Promise<number> {
  const log = (text: string): void => void stderr.write(`${text}\n`)
  const given = readFlags('serve', withPort(args), serveFlags)
  if (given.rest.length > 0) {
    throw usage(`Cannot use "${given.rest[0]}": this command takes flags only\nSee: codecell help serve`)
  }
  const settings = settingsOf(given, log)
  const isHttp = given.flags['http'] === true || given.flags['port'] !== undefined
  const tokens = isHttp ? await tokensOf(given, env) : null
  using interrupted = interruption()
  const { signal } = interrupted
  await using source = await openToolSource({ ...toolSourceOptions(given, signal), onWarning: log })
  for (const failure of source.failures) log(failureText(failure))
  if (source.sources === 0) log('No tools are configured: pass --config FILE or --openapi FILE')
  await using server = createMcpServer({
    ...settings,
    tools: source.tools,
    missingServers: source.failures.map((failure) => failure.server),
    onError: (error) => log(messageOf(error)),
  })
  source.onToolsChanged((tools) => server.setTools(tools))
  if (tokens === null) await serveStdio(server, { signal })
  else await untilInterrupted(server, given, tokens, { signal, log })
  return exitCodes.completed
}

async function untilInterrupted(
  server: CodecellMcpServer,
  given: Given,
  { tokens, isNew }: Tokens,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<void> {
  const corsOrigin = textFlag(given, 'cors')
  await using http = await serveHttp(server, {
    tokens,
    port: numberFlag(given, 'port') ?? 0,
    ...(corsOrigin === undefined ? {} : { corsOrigin }),
    onError: (error) => log(messageOf(error)),
  })
  log(`Serving ${http.url}`)
  if (isNew) log(`Token, made for this run: ${tokens.join('')}`)
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  if (signal.aborted) ended.resolve()
  await ended.promise
}

/** `--http 3000` means `--http --port 3000`. */
function withPort(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg.startsWith('--http=')) return ['--http', '--port', arg.slice('--http='.length)]
    return args[index - 1] === '--http' && /^\d+$/.test(arg) ? ['--port', arg] : [arg]
  })
}

function settingsOf(given: Given, log: Log): Omit<McpServerSettings, 'tools'> {
  const maxYieldTimeMs = numberFlag(given, 'max-yield')
  const trace = textFlag(given, 'trace')
  const stored = storageOf(given)
  const toolTimeoutMs = numberFlag(given, 'tool-timeout')
  return {
    ask: askFlag(given) ?? 'destructive',
    readOnly: given.flags['read-only'] === true,
    passthrough: given.flags['passthrough'] === true,
    ...stored,
    ...(trace === undefined ? {} : { traces: clientTraces(trace, log) }),
    ...(maxYieldTimeMs === undefined ? {} : { maxYieldTimeMs }),
    ...(toolTimeoutMs === undefined ? {} : { limits: { toolTimeoutMs } }),
  }
}

function storageOf(given: Given): Pick<McpServerSettings, 'storage' | 'sessionId'> {
  const folder = textFlag(given, 'durable')
  const session = textFlag(given, 'session')
  const isHttp = given.flags['http'] === true || given.flags['port'] !== undefined
  if (folder === undefined && session !== undefined) throw usage('Cannot use --session without --durable DIR')
  if (session !== undefined && isHttp)
    throw usage('Cannot use --session with --http: each token has a session of its own')
  return {
    ...(folder === undefined ? {} : { storage: folder }),
    ...(session === undefined ? {} : { sessionId: session }),
  }
}

type Tokens = { readonly tokens: readonly string[]; readonly isNew: boolean }

/** The tokens that are let in: of the file, of the environment, or a new one. */
async function tokensOf(given: Given, env: Io['env']): Promise<Tokens> {
  if (given.flags['no-token'] === true) return { tokens: [], isNew: false }
  const file = textFlag(given, 'token-file')
  const text = file === undefined ? env['CODECELL_TOKEN'] : await readTokenFile(file)
  if (text === undefined) return { tokens: [randomBytes(32).toString('base64url')], isNew: true }
  const tokens = text.split(/\s+/).filter((token) => token !== '')
  if (tokens.length > 0 && tokens.every((token) => /^[\x21-\x7e]{16,1000}$/.test(token))) {
    return { tokens, isNew: false }
  }
  const origin = file === undefined ? 'CODECELL_TOKEN' : `"${file}"`
  throw usage(`Cannot use the token of ${origin}: 16 or more visible ASCII characters are expected`)
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CodecellError('INVALID_OPTION', `Cannot read the token file "${file}": ${messageOf(cause)}`, { cause })
  }
}

function usage(message: string): CommandError {
  return new CommandError(exitCodes.usage, message)
}
