import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown, type InputOptions, type Plugin } from 'rolldown'
import { commonJsModules, startedModules } from '../src/package/package-file.ts'
import { fileCopies } from './build-copies.ts'
import { chunkGroups } from './chunk-groups.ts'
import { isRecord } from '../src/protocol/json.ts'
import { portableEntries } from './portable-entries.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Modules that start a process or thread, and so have a file of their own. */
const started = ['cli/bin', ...startedModules.filter((name) => !commonJsModules.has(name))]

/** The module that every entry imports before any other. */
const firstModule = 'installation/check-node'

/** A module that finds files of the package. Its output must be as deep as its folder in `src/`. */
const packageFile = 'src/package/package-file.ts'.replaceAll('/', sep)

/**
 * Writes the entries of the package and the modules that start processes and threads into a folder, and the modules that they share
 * into its `chunks/`. Few files load in half the time of one file per module.
 *
 * @throws {Error} when a module cannot be compiled
 */
export async function buildModules(folder: string): Promise<void> {
  const exported = exportedNames()
  const names = [...exported, ...started, firstModule]
  const options = {
    cwd: root,
    input: Object.fromEntries(names.map((name) => [name, `src/${name}.ts`])),
    platform: 'node',
    // Newer syntax would hide the error for a Node that is not supported.
    transform: { target: 'es2023' },
    external: isExternal,
    plugins: [fileCopies],
  } satisfies InputOptions
  await using split = await rolldown(options)
  const groups = chunkGroups((await split.generate({ format: 'esm' })).output, names)
  // The groups require the option. Nothing else uses what the entries export because of it.
  await using build = await rolldown({ ...options, preserveEntrySignatures: 'allow-extension' })
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    sourcemap: true,
    // Chunks are not loaded in the order of the modules.
    banner: ({ name, isEntry }) => (isEntry && exported.includes(name) ? `import './${firstModule}.js'` : ''),
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: { includeDependenciesRecursively: false, groups },
  })
  const found = output.find((file) => file.type === 'chunk' && file.moduleIds.some((id) => id.endsWith(packageFile)))
  if (found?.fileName.startsWith('chunks/') !== true) {
    throw new Error(`Cannot build the package: expected ${packageFile} in chunks/, got ${found?.fileName}`)
  }
}

/**
 * Writes the modules that load as CommonJS, each with a file for each engine. A module `.js` next to it starts it for builds of other
 * versions, which start that file.
 *
 * @throws {Error} when a module cannot be compiled
 */
export async function buildCommonJs(folder: string): Promise<void> {
  for (const name of commonJsModules) {
    await using build = await rolldown({
      cwd: root,
      input: { [name]: `src/${name}.ts` },
      platform: 'node',
      transform: { target: 'es2023' },
      external: (id) => id !== parser && isExternal(id),
      plugins: [lazyParser],
    })
    await build.write({
      dir: folder,
      format: 'cjs',
      sourcemap: true,
      entryFileNames: '[name].cjs',
      // As deep as `chunks/`, for the paths of files of the package.
      chunkFileNames: `${dirname(name)}/[name]-[hash].cjs`,
    })
    writeFileSync(join(folder, `${name}.js`), `import './${basename(name)}.cjs'\n`)
  }
}

/** Loads the parser when it is first called: a host would take 6 ms to load it, and few programs need it. */
const lazyParser: Plugin = {
  name: 'lazy-parser',
  resolveId: (id, importer) => (id !== parser ? null : importer === lazyModule ? { id, external: true } : lazyModule),
  load: (id) =>
    id === lazyModule ? `export const parse = (...inputs) => require('${parser}').parse(...inputs)` : null,
}
const parser = 'acorn'
const lazyModule = '\0lazy-acorn'

/**
 * Whether a module stays outside: a package, or a file of `bin/`, which every version of Node can parse. The bundler has the helpers
 * for lowered syntax itself.
 */
export function isExternal(id: string): boolean {
  return id.endsWith('supported-node.cjs') || !/^(?:[./]|[A-Z]:|@oxc-project\/runtime\/)/i.test(id)
}

/** Returns the names of the entries for Node. */
function exportedNames(): string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entries = isRecord(manifest) && isRecord(manifest['exports']) ? Object.values(manifest['exports']) : []
  const names = entries.flatMap((entry) =>
    isRecord(entry) && typeof entry['default'] === 'string' ? [basename(entry['default'], '.js')] : [],
  )
  return names.filter((name) => !portableEntries.includes(name))
}
