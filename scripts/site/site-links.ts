import { existsSync, globSync, readFileSync } from 'node:fs'

/** Returns the links of the pages in a folder that lead to no file or to no element of a page. */
export function brokenLinks(folder: URL): string[] {
  const pages = globSync('**/*.html', { cwd: folder, exclude: ['playground/**'] })
  const ids = new Map<string, ReadonlySet<string>>()
  const idsOf = (path: string): ReadonlySet<string> => {
    const known = ids.get(path)
    if (known !== undefined) return known
    const html = readFileSync(new URL(path, folder), 'utf8')
    const found = new Set([...html.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id))
    ids.set(path, found)
    return found
  }
  return pages.flatMap((page) => {
    const html = readFileSync(new URL(page, folder), 'utf8')
    const links = new Set([...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = '']) => link))
    return [...links].filter((link) => isBroken(link, page)).map((link) => `${page}: nothing at ${link}`)
  })

  function isBroken(link: string, page: string): boolean {
    const { protocol, pathname, hash } = new URL(link.replaceAll('&amp;', '&'), `site:///${page}`)
    if (protocol !== 'site:') return false
    const path = decodeURIComponent(pathname.slice(1).replace(/(^|\/)$/, '$1index.html'))
    if (!existsSync(new URL(path, folder))) return true
    return hash !== '' && path.endsWith('.html') && !idsOf(path).has(decodeURIComponent(hash.slice(1)))
  }
}
