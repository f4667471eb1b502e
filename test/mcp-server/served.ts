import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childEnv, startCli, type CliRun } from '../support/cli.ts'

export type Era = 'legacy' | 'modern'

/** Returns the option of a client for the protocol of an era. */
export function negotiation(era: Era): { readonly mode: 'legacy' | { readonly pin: string } } {
  return { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } }
}

/** Returns the entry of a server in a configuration: a program of `test/fixtures`, with settings of its tools. */
export function fixtureServer(program: string, args: readonly string[] = [], codecell: object = {}): object {
  const file = fileURLToPath(new URL(`../fixtures/${program}`, import.meta.url))
  return { command: process.execPath, args: [file, ...args], env: childEnv(), codecell }
}

/** Creates a folder with the configuration of MCP servers. */
export async function configFolder(
  mcpServers: Readonly<Record<string, object>>,
): Promise<{ readonly folder: string; readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'codecell-serve-'))
  const file = join(folder, 'servers.json')
  await writeFile(file, JSON.stringify({ mcpServers }))
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** Starts `codecell serve --http`. Disposing it sends a signal and waits for the end. */
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

/** Fills in a form with approval in every choice. */
export function filledWithApproval(requestedSchema: {
  readonly properties: Readonly<Record<string, unknown>>
}): Record<string, string | boolean> {
  const names = Object.keys(requestedSchema.properties)
  const choices = names
    .filter((name) => name.startsWith('decision_'))
    .map((name) => [name, 'allow these calls'] as const)
  return { ...Object.fromEntries(choices), ...(names.includes('allow') ? { allow: true } : {}) }
}
