import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bin: string = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url))
const hinted = fileURLToPath(new URL('../fixtures/hinted-mcp-server.ts', import.meta.url))

/** A folder with the configuration of one server, `db`, and of others. */
export async function configFolder(
  others: Readonly<Record<string, object>> = {},
  codecell: object = {},
): Promise<{ readonly folder: string; readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'codecell-serve-'))
  const file = join(folder, 'servers.json')
  const mcpServers = { db: { command: process.execPath, args: [hinted], codecell }, ...others }
  await writeFile(file, JSON.stringify({ mcpServers }))
  return { folder, file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** `codecell serve --http` as people start it, with what it says. */
export async function startHttp(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<
  { readonly url: string; readonly said: () => string; readonly end: () => Promise<number | null> } & AsyncDisposable
> {
  const child = spawn(process.execPath, [bin, 'serve', '--http', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [, found] = /Serving (\S+)/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
    child.once('close', () => reject(new Error(`the server ended: ${said}`)))
  })
  const end = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    return await ended
  }
  return {
    url,
    said: () => said,
    end,
    async [Symbol.asyncDispose]() {
      await end()
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
