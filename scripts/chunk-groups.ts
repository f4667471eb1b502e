import { sep } from 'node:path'
import type { RolldownOutput } from 'rolldown'

type Group = { readonly name: string; readonly test: (id: string) => boolean }

/** The largest part of the library. Entries without it are small. */
const largestModule = 'src/session/session.ts'

/** The command and its most frequent verb. */
const commandModules = ['src/cli/main.ts', 'src/cli/commands/exec.ts']

/** Chunks of modules that only these small entries share with the library. */
const families = [
  { name: 'library', entries: [] },
  { name: 'agent', entries: ['agent'] },
  { name: 'hosts', entries: ['in-process', 'replay', 'supervisor'] },
] as const

/**
 * Returns the chunks of the modules that entries share. Without them, each set of entries with a common module has a chunk of its own: the
 * command loads 75 of these. `start` is what the command needs to start a host, and `common` what several kinds of small entries need.
 * Each small entry loads little that it does not need.
 */
export function chunkGroups(output: RolldownOutput['output'], entries: readonly string[]): Group[] {
  const graph = new ModuleGraph(output)
  const start = graph.closureOf(['src/cli/bin.ts'])
  const library = graph.closureOf(['src/index.ts'])
  const command = graph.closureOf(commandModules)
  const all = entries.map((name) => ({ name, ids: graph.closureOf([`src/${name}.ts`]) }))
  const small = all.filter(({ ids }) => ![...ids].some((id) => isModule(id, largestModule)))
  const nameOf = (id: string): string | null => {
    if (entries.some((name) => isModule(id, `src/${name}.ts`))) return null
    if (start.has(id)) return 'start'
    if (!library.has(id)) return command.has(id) && !all.some(({ ids }) => ids.has(id)) ? 'command' : null
    const users = small.filter(({ ids }) => ids.has(id))
    const family = families.find((each) => users.every(({ name }) => each.entries.some((entry) => entry === name)))
    return family?.name ?? 'common'
  }
  const names = ['start', 'common', ...families.map(({ name }) => name), 'command']
  return names.map((name) => ({ name, test: (id) => nameOf(id) === name }))
}

/** The modules of an output and their static imports. */
class ModuleGraph {
  readonly #chunks = new Map<string, { readonly moduleIds: readonly string[]; readonly imports: readonly string[] }>()

  constructor(output: RolldownOutput['output']) {
    for (const file of output) if (file.type === 'chunk') this.#chunks.set(file.fileName, file)
  }

  /** Returns all modules that load together with modules. */
  closureOf(modules: readonly string[]): ReadonlySet<string> {
    const ids = new Set<string>()
    const waiting = [...this.#chunks.keys()].filter((name) => modules.some((module) => this.#hasModule(name, module)))
    const seen = new Set(waiting)
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const { moduleIds = [], imports = [] } = this.#chunks.get(name) ?? {}
      for (const id of moduleIds) ids.add(id)
      for (const imported of imports) if (!seen.has(imported)) waiting.push(imported)
      for (const imported of imports) seen.add(imported)
    }
    return ids
  }

  #hasModule(chunk: string, module: string): boolean {
    return this.#chunks.get(chunk)?.moduleIds.some((id) => isModule(id, module)) === true
  }
}

function isModule(id: string, module: string): boolean {
  return id.endsWith(`/${module}`.replaceAll('/', sep))
}
