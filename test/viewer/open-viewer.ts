import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { ViewData } from '../../src/trace/view/view-data.ts'
import { newFolder } from '../support/folder.ts'

const chromiumPath = '/usr/bin/chromium'

export const hasChromium: boolean = existsSync(chromiumPath)

/** Says in the report why nothing was tried. */
export const withoutChromium: string = hasChromium ? '' : ' (skipped: there is no /usr/bin/chromium)'

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
  })
}

export type Opened = {
  readonly page: Page
  readonly url: string
  /** Every address that the page asked for. */
  readonly requests: readonly string[]
  /** What went wrong in the page, in its own words. */
  readonly errors: readonly string[]
}

type Payloads = { readonly [id: string]: string }

const builtPage = new URL('../../dist/viewer/index.html', import.meta.url)

/** The page with its data inside, from a file. */
export async function openFile(browser: Browser, data: ViewData, payloads: Payloads = {}): Promise<Opened> {
  const file = join(newFolder(), 'trace.html')
  writeFileSync(file, filledPage(data, payloads))
  return await open(browser, pathToFileURL(file).href)
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
    /** Gives the page other data, and tells it. */
    readonly change: (data: ViewData) => void
    /** Ends all connections and takes no new ones. */
    readonly stop: () => Promise<void>
  }

/** The page without data, and a server of what it asks for. */
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

/** The page of each browser: a new one for each test would take longer than the test. */
const pages = new WeakMap<Browser, Promise<Page>>()

async function pageOf(browser: Browser): Promise<Page> {
  const opening =
    pages.get(browser) ?? browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })
  pages.set(browser, opening)
  const page = await opening
  // What the last test opened ends here.
  await page.goto('about:blank')
  page.removeAllListeners()
  await page.emulateMedia({ colorScheme: 'light' })
  return page
}

/** Opens an address, in the place of what was open before. */
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
  await page.getByRole('listbox').waitFor()
  return { page, url, requests, errors }
}
