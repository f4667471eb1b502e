import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { ViewData } from '../../src/trace/view/view-data.ts'
import { newFolder } from '../support/folder.ts'

const chromiumPath = '/usr/bin/chromium'

export const hasChromium: boolean = existsSync(chromiumPath)

/** The reason in the report for skipped tests. */
export const withoutChromium: string = hasChromium ? '' : ' (skipped: /usr/bin/chromium not found)'

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
  })
}

export type Opened = {
  readonly page: Page
  readonly url: string
  /** Every address that the page requested. */
  readonly requests: readonly string[]
  /** Error messages of the page. */
  readonly errors: readonly string[]
}

type Payloads = { readonly [id: string]: string }

const builtPage = new URL('../../dist/viewer/index.html', import.meta.url)

/** Opens the page from a file, with its data inside; `fragment` is that of its address. */
export async function openFile(
  browser: Browser,
  data: ViewData,
  payloads: Payloads = {},
  fragment = '',
): Promise<Opened> {
  const file = join(newFolder(), 'trace.html')
  writeFileSync(file, filledPage(data, payloads))
  return await open(browser, pathToFileURL(file).href + fragment)
}

function filledPage(data: ViewData, payloads: Payloads): string {
  const members = Object.entries(payloads).map(([id, json]) => `${JSON.stringify(id)}:${json}`)
  const block = (id: string, json: string): [string, string] => {
    const tag = `<script type="application/json" id="${id}">`
    return [`${tag}null</script>`, `${tag}${json.replaceAll('<', '\\u003c')}</script>`]
  }
  return [block('codecell-data', JSON.stringify(data)), block('codecell-payloads', `{${members.join(',')}}`)].reduce(
    (page, [empty, full]) => page.replace(empty, () => full),
    readFileSync(builtPage, 'utf8'),
  )
}

export type Served = Opened &
  AsyncDisposable & {
    /** Changes the data, and notifies the page. */
    readonly change: (data: ViewData) => void
    /** Closes all connections and accepts no new ones. */
    readonly stop: () => Promise<void>
  }

/** Opens the page from a server, which serves its data. */
export async function openServed(browser: Browser, first: ViewData, payloads: Payloads = {}): Promise<Served> {
  let data = first
  const followers = new Set<(text: string) => void>()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    if (path === '/trace/') return response.setHeader('content-type', 'text/html').end(readFileSync(builtPage))
    if (path === '/trace/data.json') return response.end(JSON.stringify(data))
    if (path === '/trace/follow') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': follows\n\n')
      followers.add((text) => response.write(text))
      return undefined
    }
    const payload = path.startsWith('/trace/payload/') ? payloads[path.slice('/trace/payload/'.length)] : undefined
    if (payload === undefined) return response.writeHead(404).end('Payload not found')
    return response.end(payload)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const opened = await open(browser, `http://127.0.0.1:${address.port}/trace/`)
  const stop = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return {
    ...opened,
    change(next) {
      data = next
      for (const tell of followers) tell('event: changed\ndata: {}\n\n')
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The page of each browser, which tests share because a new page takes longer than a test. */
const pages = new WeakMap<Browser, Promise<Page>>()

async function pageOf(browser: Browser): Promise<Page> {
  const opening =
    pages.get(browser) ?? browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  pages.set(browser, opening)
  const page = await opening
  // Close the page of the previous test.
  await page.goto('about:blank')
  page.removeAllListeners()
  await page.emulateMedia({ colorScheme: 'light' })
  return page
}

/** Opens an address in the shared page. */
export async function open(browser: Browser, url: string): Promise<Opened> {
  const page = await pageOf(browser)
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  await page.locator('#entries').waitFor()
  return { page, url, requests, errors }
}
