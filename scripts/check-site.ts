import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { site } from './site/site-install.ts'
import { brokenLinks } from './site/site-links.ts'
import { serveSite } from './site/site-server.ts'

// npm run site:check: checks the pages of the built site: their links, and in Chromium the search, the dark mode, the
// accessibility and the width of a phone. A request to another server, or an error in the console, is a fault.

const executablePath = '/usr/bin/chromium'
const dist = new URL('dist/', site)
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', site), 'utf8')
const mainPages = [
  '',
  'why-code-mode.html',
  'tutorial.html',
  'quickstart/own-loop.html',
  'cli.html',
  'api/codecell.html',
]
const faults: string[] = []

faults.push(...brokenLinks(dist), ...missingExports())
if (existsSync(executablePath)) await checkInBrowser()
else console.error('Chromium is not installed: the pages are checked without a browser. Run scripts/chromium.sh')
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
else console.log(`${globSync('**/*.html', { cwd: dist }).length} pages of ${fileURLToPath(dist)} are right`)

/** Returns the values that entries export and that the reference of the API does not have. */
function missingExports(): string[] {
  const modules: readonly { readonly name: string; readonly page: string }[] = JSON.parse(
    readFileSync(new URL('.content/api/modules.json', site), 'utf8'),
  )
  return modules.flatMap(({ name, page }) => {
    const entry = name.replace(/^codecell\/?/, '').replaceAll('/', '-') || 'index'
    const source = readFileSync(new URL(`../src/${entry}.ts`, import.meta.url), 'utf8')
    const reference = readFileSync(new URL(`.content/api/${page}.md`, site), 'utf8')
    const headings = new Set([...reference.matchAll(/^### (\w+)/gm)].map(([, heading]) => heading))
    return exportsOf(source)
      .filter((exported) => !headings.has(exported))
      .map((exported) => `${name}: the API reference does not have ${exported}`)
  })
}

function exportsOf(source: string): string[] {
  const lists = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','))
  const listed = lists.map((name) => name.trim().split(' ').at(-1) ?? '')
  const declared = [...source.matchAll(/^export (?:async )?(?:function|const|class|type|interface) (\w+)/gm)]
  return [...listed, ...declared.map(([, name = '']) => name)].filter((name) => name !== '')
}

async function checkInBrowser(): Promise<void> {
  await using server = await serveSite(dist)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    await checkPages(browser, server.url, 'light', mainPages)
    await checkPages(browser, server.url, 'dark', mainPages.slice(0, 2))
    await checkSearch(browser, server.url)
  } finally {
    await browser.close()
  }
}

async function checkPages(
  browser: Browser,
  url: string,
  colorScheme: 'light' | 'dark',
  paths: readonly string[],
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  watch(page, url)
  for (const path of paths) {
    await page.goto(`${url}/${path}`, { waitUntil: 'networkidle' })
    const isDark = await page.locator('html.dark').count()
    if ((isDark === 1) !== (colorScheme === 'dark')) faults.push(`/${path}: the page is not ${colorScheme}`)
    await checkAccess(page, `/${path} (${colorScheme})`)
    await page.setViewportSize({ width: 390, height: 844 })
    const width = Number(await page.evaluate('document.documentElement.scrollWidth'))
    if (width > 390) faults.push(`/${path}: the page is ${width} pixels wide on a phone with 390`)
    await page.setViewportSize({ width: 1280, height: 900 })
  }
  await context.close()
}

/** Reports serious violations of WCAG that axe finds. */
async function checkAccess(page: Page, name: string): Promise<void> {
  await page.evaluate(axe)
  const options = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }"
  const found: unknown = await page.evaluate(
    `axe.run(document, ${options}).then(({ violations }) => violations.map(({ id, nodes }) =>
      id + ' at ' + nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3).join(' and ')))`,
  )
  if (Array.isArray(found)) faults.push(...found.map((violation) => `${name}: ${violation}`))
}

async function checkSearch(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage()
  watch(page, url)
  await page.goto(`${url}/`, { waitUntil: 'networkidle' })
  await page.locator('.DocSearch-Button').first().click()
  await page.locator('#localsearch-input').fill('idempotency key')
  const results = page.locator('#localsearch-list li')
  await results.first().waitFor({ timeout: 30_000 })
  const texts = await results.allTextContents()
  if (!texts.some((text) => text.includes('Durable sessions')))
    faults.push('the search does not find "idempotency key"')
  await page.close()
}

/** Reports errors of a page and requests to other servers. */
function watch(page: Page, url: string): void {
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  page.on('request', (request) => {
    const target = request.url()
    if (!target.startsWith(url) && !target.startsWith('data:')) faults.push(`${page.url()} requests ${target}`)
  })
}
