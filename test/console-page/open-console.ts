import type { Browser, BrowserContext, Page } from 'playwright-core'

export type OpenedConsole = AsyncDisposable & {
  readonly page: Page
  readonly context: BrowserContext
  /** Every address that the page requested. */
  readonly requests: readonly string[]
  /** Error messages of the page. */
  readonly errors: readonly string[]
}

type ConsoleWindow = {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/** Opens the console in a context of its own, with its own cookies. */
export async function openConsole(browser: Browser, url: string, window: ConsoleWindow = {}): Promise<OpenedConsole> {
  const { colorScheme = 'light', width = 1280, height = 860 } = window
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
  const page = await context.newPage()
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  return { page, context, requests, errors, [Symbol.asyncDispose]: async () => await context.close() }
}
