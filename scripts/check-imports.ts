import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

// Checks the imports of each folder of `src/`, including type imports and nested folders. Imports between folders form no circle.

/** The folders and files of `src/` from the bottom up: each imports only those above it in this list. */
const order = [
  'platform',
  'collections',
  'errors',
  'package',
  'text',
  'options',
  'probes',
  'protocol',
  'events',
  'declarations',
  'tools',
  'storage',
  'host',
  'installation',
  'store',
  'session',
  'node',
  'remote',
  'trace',
  'trace-view',
  'otel',
  'replay',
  'agent',
  'portable',
  'adapters',
  'mcp-server',
  'console',
  'codex-host',
]

/** Folders that import less than the order allows. */
const narrow: Readonly<Record<string, readonly string[]>> = {
  declarations: ['errors', 'protocol'],
  host: ['platform', 'errors', 'package', 'protocol'],
  storage: ['platform', 'collections', 'errors', 'protocol', 'events'],
  store: ['errors', 'options', 'storage', 'installation'],
  session: [
    'platform',
    'collections',
    'errors',
    'package',
    'text',
    'options',
    'protocol',
    'events',
    'tools',
    'storage',
    'installation',
  ],
  node: ['collections', 'errors', 'options', 'protocol', 'storage', 'session'],
  remote: ['errors', 'package', 'options', 'probes', 'protocol', 'installation', 'session'],
  trace: ['errors', 'package', 'text', 'options', 'protocol', 'events'],
  'trace-view': ['errors', 'package', 'options', 'trace'],
  otel: ['errors', 'options', 'protocol', 'events', 'installation', 'trace'],
  replay: ['errors', 'options', 'protocol', 'events', 'storage', 'session', 'trace'],
  portable: ['errors', 'options', 'protocol', 'host', 'session'],
  'mcp-server': [
    'collections',
    'errors',
    'options',
    'probes',
    'protocol',
    'events',
    'tools',
    'storage',
    'installation',
    'session',
    'node',
    'agent',
  ],
  'codex-host': ['errors', 'options', 'protocol', 'tools', 'session', 'agent'],
}

const imports = globSync('src/**/*.ts')
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))

const problems = imports.flatMap(({ file, imported }) => {
  const [from, to] = [partOf(file), partOf(imported)]
  return from === to || mayImport(from, to) ? [] : [`${file} imports ${imported}`]
})
const circle = circleAmong(foldersOf(imports))
if (circle.length > 0) problems.push(`Folders import each other: ${circle.join(', ')}`)
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\nscripts/check-imports.ts lists what each folder can import.`)
  process.exitCode = 1
}

/** Returns the folders that each folder imports. The entries in `src/` itself are not a folder. */
function foldersOf(all: typeof imports): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>()
  for (const { file, imported } of all) {
    const [from, to] = [dirname(file), dirname(imported)]
    if (from === to || from === 'src' || to === 'src') continue
    folders.set(from, (folders.get(from) ?? new Set()).add(to))
  }
  return folders
}

/** Returns the folders that are part of a circle or import one; none when imports go one way. */
function circleAmong(folders: Map<string, Set<string>>): readonly string[] {
  const left = new Map(folders)
  for (;;) {
    const free = [...left].filter(([, imported]) => ![...imported].some((folder) => left.has(folder)))
    if (free.length === 0) return [...left.keys()]
    for (const [folder] of free) left.delete(folder)
  }
}

function mayImport(from: string, to: string): boolean {
  // The command line uses the entries, like other programs, and the parts that every folder can use.
  if (from === 'cli') return isEntry(to) || ['errors', 'installation', 'options', 'package', 'text'].includes(to)
  if (isEntry(from)) return !isEntry(to) && to !== 'cli'
  const allowed = narrow[from] ?? order.slice(0, order.indexOf(from))
  return allowed.includes(to)
}

function isEntry(part: string): boolean {
  return part.endsWith('.ts')
}

/** Returns the folder below `src/`, or the name of an entry; `errors` counts as a folder. */
function partOf(file: string): string {
  const [part = ''] = file.slice('src/'.length).split('/')
  return part === 'errors.ts' ? 'errors' : part
}

function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\(|^import) ?'(\.[^']*)'/gm)
  return [...found].map(([, path = '']) => join(dirname(file), path)).filter((path) => path.startsWith('src/'))
}
