import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

// Checks the imports of each folder of `src/`, including type imports and nested folders.

/** The folders and files of `src/` from the bottom up: each imports only those above it in this list. */
const order = [
  'collections',
  'errors',
  'text',
  'options',
  'protocol',
  'events',
  'declarations',
  'tools',
  'storage',
  'host',
  'installation',
  'session',
  'trace',
  'trace-view',
  'otel',
  'replay',
  'agent',
  'adapters',
  'mcp-server',
  'codex-host',
]

/** Folders that import less than the order allows. */
const narrow: Readonly<Record<string, readonly string[]>> = {
  declarations: ['errors', 'protocol'],
  host: ['errors', 'protocol'],
  storage: ['collections', 'errors', 'protocol', 'events'],
  session: ['collections', 'errors', 'options', 'protocol', 'events', 'tools', 'storage'],
  trace: ['errors', 'text', 'options', 'protocol', 'events'],
  'trace-view': ['errors', 'options', 'trace'],
  otel: ['errors', 'options', 'protocol', 'events', 'installation', 'trace'],
  replay: ['errors', 'options', 'protocol', 'events', 'storage', 'session', 'trace'],
  'mcp-server': ['errors', 'options', 'protocol', 'events', 'tools', 'installation', 'session', 'agent'],
  'codex-host': ['errors', 'options', 'protocol', 'tools', 'session', 'agent'],
}

const problems = globSync('src/**/*.ts')
  .filter((file) => !file.endsWith('.test.ts'))
  .flatMap((file) =>
    importsOf(file).flatMap((imported) => {
      const [from, to] = [partOf(file), partOf(imported)]
      return from === to || mayImport(from, to) ? [] : [`${file} imports ${imported}`]
    }),
  )
if (problems.length > 0) {
  console.error(`${problems.join('\n')}\nscripts/check-imports.ts lists what each folder can import.`)
  process.exitCode = 1
}

function mayImport(from: string, to: string): boolean {
  // The command line uses the entries, as any other program does, and what every part may use.
  if (from === 'cli') return isEntry(to) || ['errors', 'installation', 'options', 'text'].includes(to)
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
