import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childEnv, startCli, type CliRun } from '../support/cli.ts'

export type Era = 'legacy' | 'modern'

/** How a client is told which era to speak. */
export function negotiation(era: Era): { readonly mode: 'legacy' | { readonly pin: string } } {
  return { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } }
}

/** The entry of a server in a configuration: a program of `test/fixtures`, and what is said about its tools. */
export function fixtureServer(program: string, args: readonly string[] = [], codecell: object = {}): object {
  const file = fileURLToPath(new URL(`../fixtures/${program}`, import.meta.url))
  return { command: process.execPath, args: [file, ...args], env: childEnv(), codecell }
}

/** A folder with the configuration of MCP servers. */
export async function configFolder(
  mcpServers: Readonly<Record<string, object>>,
): Promise<{ readonly folder: string; readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'codecell-serve-'))
  const file = join(folder, 'servers.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** `codecell serve --http` as people start it. Disposing it sends a signal and waits for the end. */
export async function startHttp(
  args: readonly string[],
): Promise<{ readonly url: string; readonly run: CliRun } & AsyncDisposable> {
  const run = startCli(['serve', '--http', ...args])
  const [, url = ''] = /Serving (\S+)/.exec(await run.said('/mcp\n')) ?? []
  return {
    url,
    run,
    async [Symbol.asyncDispose]() {
      run.child.kill('SIGTERM')
      await run.result
    },
  }
}

/** A form with a yes in every choice: as a person fills it in who allows what was shown. */
export function filledWithYes(requestedSchema: {
  readonly properties: Readonly<Record<string, unknown>>
}): Record<string, string | boolean> {
  const names = Object.keys(requestedSchema.properties)
  const choices = names
    .filter((name) => name.startsWith('decision_'))
    .map((name) => [name, 'allow these calls'] as const)
  return { ...Object.fromEntries(choices), ...(names.includes('allow') ? { allow: true } : {}) }
}
