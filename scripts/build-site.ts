import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { content, writeContent } from './site/site-content.ts'
import { installSite, site } from './site/site-install.ts'

// npm run site: builds the documentation site into site/dist, with the API reference and the playground.

const packageFile = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
const manifest: { readonly exports: Readonly<Record<string, string | { readonly types?: string }>> } =
  JSON.parse(packageFile)

installSite()
writeContent()
writeReference()
runTool('vitepress/bin/vitepress.js', ['build', '.'])
buildPlayground()
console.log(`Built ${fileURLToPath(new URL('dist/index.html', site))}`)

/** Writes a page for each entry of the package, and the list of these pages for the sidebar. */
function writeReference(): void {
  const names = Object.keys(manifest.exports).filter((entry) => typesOf(entry) !== undefined)
  const sources = names.map((entry) => `../src/${typesOf(entry)}.ts`)
  runTool('typedoc/bin/typedoc', ['--options', 'typedoc.json', ...sources.flatMap((file) => ['--entryPoints', file])])
  const pages = names.map((entry) => {
    const name = entry.replace(/^\./, 'codecell')
    const page = [`${name}/index`, name].find((path) => existsSync(new URL(`api/${path}.md`, content)))
    if (page === undefined) throw new Error(`Cannot build the site: ${name} has no page among ${pagesOfReference()}`)
    return { name, page }
  })
  writeFileSync(new URL('api/modules.json', content), JSON.stringify(pages))
}

/** Returns the module of an entry without its extension, such as `trace-format`. */
function typesOf(entry: string): string | undefined {
  const value = manifest.exports[entry]
  return typeof value === 'object' ? value.types?.replaceAll(/^\.\/dist\/|\.d\.ts$/g, '') : undefined
}

function pagesOfReference(): string {
  return globSync('api/**/*.md', { cwd: content }).join(', ')
}

function buildPlayground(): void {
  const script = new URL('build-playground.ts', import.meta.url)
  if (!existsSync(script)) return
  const folder = fileURLToPath(new URL('dist/playground', site))
  runNode([fileURLToPath(script), folder], new URL('..', import.meta.url))
}

function runTool(tool: string, args: readonly string[]): void {
  runNode([fileURLToPath(new URL(`node_modules/${tool}`, site)), ...args], site)
}

function runNode(args: readonly string[], cwd: URL): void {
  const options = ['--disable-warning=ExperimentalWarning']
  execFileSync(process.execPath, [...options, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}
