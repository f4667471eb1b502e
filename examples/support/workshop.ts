// The data of all examples: a folder with two notes and a picture, and the MCP filesystem server that can read it.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectMcpServers, serverStartError, type McpServerConfig } from 'codecell/mcp'

export const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** The program of the model: it reads both notes in parallel, prints the number of words, yields, and shows the picture. */
export const program = `
  const read = async (path) => (await tools.mcp__files__read_text_file({ path })).content[0].text
  const notes = await Promise.all(['one.txt', 'two.txt'].map(read))
  text(await tools.count_words({ text: notes.join(' ') }))
  yield_control()
  content((await tools.mcp__files__read_media_file({ path: 'dot.png' })).content)
`

export async function makeFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'codecell-example-')))
  await writeFile(join(path, 'one.txt'), 'the quick brown fox')
  await writeFile(join(path, 'two.txt'), 'jumps over the lazy dog')
  await writeFile(join(path, 'dot.png'), Buffer.from(picture, 'base64'))
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) }
}

/** Returns the entry of the filesystem server in a configuration file. */
export function filesServer(folder: string): Extract<McpServerConfig, { type: 'stdio' }> {
  const server = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-filesystem/dist/index.js')
  return { type: 'stdio', name: 'files', command: process.execPath, args: [server, folder], env: {}, cwd: folder }
}

export async function connectFiles(folder: string): ReturnType<typeof connectMcpServers> {
  const servers = await connectMcpServers([filesServer(folder)])
  if (servers.failures.length > 0) throw serverStartError(servers.failures)
  return servers
}

export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length
}
