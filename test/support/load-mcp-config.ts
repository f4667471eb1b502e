import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadMcpConfig } from '../../src/adapters/mcp/config/mcp-config.ts'
import { newFolder } from './folder.ts'

export type Loaded = {
  readonly servers: Awaited<ReturnType<typeof loadMcpConfig>>
  readonly warnings: readonly string[]
}

/** The environment of the loaded files. */
const variables = { TOKEN: 't0k', HOME: '/home/ada', EMPTY: '' }

/** Loads a file with this path in a new folder. Texts of warnings have no path. */
export async function load(
  path: string,
  content: string | object | Uint8Array,
  folder: string = newFolder(),
): Promise<Loaded> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  const isRaw = typeof content === 'string' || content instanceof Uint8Array
  await writeFile(file, isRaw ? content : JSON.stringify(content))
  const warnings: string[] = []
  const servers = await loadMcpConfig(file, {
    env: variables,
    onWarning: (text) => warnings.push(text.replace(`${file}: `, '')),
  })
  return { servers, warnings }
}

/** The members of a server that starts the command `x`, without its name. */
export const stdio: Omit<Extract<Loaded['servers'][number], { type: 'stdio' }>, 'name'> = {
  type: 'stdio',
  command: 'x',
  args: [],
  env: {},
  cwd: null,
}
