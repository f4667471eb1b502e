import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { site } from './site-install.ts'

const root = new URL('../', site)
export const content: URL = new URL('.content/', site)

/** Copies the pages of `docs` and of the site into one folder. Their relative links lead to the same pages there. */
export function writeContent(): void {
  rmSync(content, { recursive: true, force: true })
  mkdirSync(content)
  cpSync(new URL('docs/images', root), new URL('images', content), { recursive: true })
  cpSync(new URL('index.md', site), new URL('index.md', content))
  for (const page of globSync(['docs/**/*.md', '*.md'], { cwd: root, exclude: ['README.md'] })) {
    const target = new URL(targetOf(page), content)
    mkdirSync(new URL('.', target), { recursive: true })
    writeFileSync(target, pageOfSite(page))
  }
}

/** Returns the path on the site of a file of the repository. */
function targetOf(file: string): string {
  if (file === 'README.md') return 'index.md'
  if (file === 'docs/README.md') return 'pages.md'
  if (file === 'SECURITY.md') return 'security-policy.md'
  return file.startsWith('docs/') ? file.slice('docs/'.length) : file.toLowerCase()
}

/** Returns the text of a page, with its links to pages that have another path on the site. */
function pageOfSite(page: string): string {
  const source = readFileSync(new URL(page, root), 'utf8')
  return source.replaceAll(/\]\((?!\w+:|#)([^)#\s]+)([^)\s]*)\)/g, (link, target: string, rest: string) => {
    const file = new URL(target, new URL(page, root)).pathname.slice(root.pathname.length)
    if (!file.endsWith('.md') || !existsSync(new URL(file, root))) return link
    return `](${relative(targetOf(page), targetOf(file))}${rest})`
  })
}

/** Returns the link from a page of the site to another one. */
function relative(page: string, target: string): string {
  const up = dirname(page) === '.' ? './' : '../'.repeat(dirname(page).split('/').length)
  return `${up}${target}`
}
