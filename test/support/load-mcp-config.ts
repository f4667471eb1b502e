import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadMcpConfig, type LoadedMcpServer } from '../../src/adapters/mcp/config/mcp-config.ts'
import { newFolder } from './folder.ts'

export type Loaded = {
  /** The servers that the file does not switch off. */
  readonly servers: readonly Exclude<LoadedMcpServer, { readonly type: 'disabled' }>[]
  /** The names of the others. */
  readonly disabled: readonly string[]
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
  const loaded = await loadMcpConfig(file, {
    env: variables,
    onWarning: (text) => warnings.push(text.replace(`${file}: `, '')),
  })
  const servers = loaded.filter((server) => server.type !== 'disabled')
  const disabled = loaded.filter(({ type }) => type === 'disabled').map(({ name }) => name)
  return { servers, disabled, warnings }
}

/** The members of a server that starts the command `x`, without its name. */
export const stdio: Omit<Extract<Loaded['servers'][number], { type: 'stdio' }>, 'name'> = {
  type: 'stdio',
  command: 'x',
  args: [],
  env: {},
  cwd: null,
}
