import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { buildPlayground } from '../../scripts/build-playground.ts'
import { serveFolder } from '../../scripts/portable/serve-folder.ts'

/** The path of the page below its server. */
const subPath = 'docs/next/playground/'

/** Builds the page, and serves it under a sub path. */
export async function servePlayground(): Promise<AsyncDisposable & { readonly url: string }> {
  const root = mkdtempSync(join(tmpdir(), 'codecell-playground-'))
  const folder = join(root, subPath)
  mkdirSync(folder, { recursive: true })
  await buildPlayground(folder)
  const server = await serveFolder(root)
  return {
    url: server.url + subPath,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

export type OpenedPlayground = AsyncDisposable & {
  readonly page: Page
  /** Every address that the page and its workers requested. */
  readonly requests: readonly string[]
  /** Errors of the page, with violations of its content security policy. */
  readonly errors: readonly string[]
}

export type OpenOptions = { readonly width?: number; readonly height?: number; readonly scheme?: 'light' | 'dark' }

/** Opens the page in a new context, so no test sees the storage of another one. */
export async function openPlayground(
  browser: Browser,
  url: string,
  { width = 1280, height = 800, scheme = 'light' }: OpenOptions = {},
): Promise<OpenedPlayground> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme })
  const page = await context.newPage()
  const requests: string[] = []
  const errors: string[] = []
  context.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(url)
  await editorOf(page).waitFor()
  return { page, requests, errors, [Symbol.asyncDispose]: async () => await context.close() }
}

export function editorOf(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Program' })
}

/** Replaces the program. */
export async function write(page: Page, source: string): Promise<void> {
  await editorOf(page).click()
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(source)
}

export async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Run', exact: true }).click()
}

/** Writes and runs a program, and returns its status when it has ended. */
export async function runProgram(page: Page, source: string): Promise<string> {
  await write(page, source)
  await run(page)
  return await statusAtEnd(page)
}

export async function statusAtEnd(page: Page): Promise<string> {
  const status = page.locator('.pg-status').filter({ hasText: /^(?:Completed|Failed|Terminated)/ })
  return ((await status.textContent({ timeout: 60_000 })) ?? '').replace(/ after .*/, '')
}

/** Returns the texts of the output. */
export async function outputOf(page: Page): Promise<string[]> {
  return await page.getByRole('region', { name: 'Output' }).locator('pre').allTextContents()
}

export async function showTab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).click()
}

/** Waits until TypeScript has checked the program, and returns the summary and the problems. */
export async function problemsOf(page: Page, summary: RegExp): Promise<string[]> {
  const problems = page.getByRole('region', { name: 'Problems' })
  await problems.getByRole('status').filter({ hasText: summary }).waitFor({ timeout: 60_000 })
  return await problems.getByRole('listitem').allTextContents()
}

/** Approves all calls, and waits until the program has ended. */
export async function endOf(page: Page): Promise<string> {
  const ended = page.locator('.pg-status').filter({ hasText: /^(?:Completed|Failed|Terminated)/ })
  for (;;) {
    const wait = page.getByRole('button', { name: 'Wait', exact: true })
    const approve = page.getByRole('button', { name: 'Approve' })
    await ended.or(wait).or(approve).first().waitFor({ timeout: 60_000 })
    if (await ended.isVisible()) return await statusAtEnd(page)
    const next = (await approve.isVisible()) ? approve : wait
    await next.click({ timeout: 1000 }).catch(() => undefined)
  }
}
