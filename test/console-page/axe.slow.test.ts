import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { startFixtureConsole, type FixtureConsole } from './fixture-console.ts'
import { call, cell, me, node, pendingCell, session } from './fixture-data.ts'
import { openConsole } from './open-console.ts'

let browser: Browser
const now = Date.now()
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const views: readonly (readonly [fragment: string, ready: string])[] = [
  ['#cells', '60 cells'],
  ['#cells?session=support-0&cell=0', 'Reminds each customer'],
  ['#cells?session=support-0&cell=6', 'Cannot read properties'],
  ['#sessions?session=support-1', 'last activity'],
  ['#approvals', '6 calls waiting'],
  ['#ledger?session=support-1&call=key-1', 'Did it happen?'],
  ['#ledger?session=support-3&call=key-3', 'Provide the result'],
  ['#nodes', 'requests in inboxes'],
  ['#charts', 'Tools: calls'],
]

async function startServer(): Promise<FixtureConsole> {
  return await startFixtureConsole({
    cells: range(60).map((index) => cell(index, now)),
    sessions: range(12).map((index) => session(index, now)),
    calls: range(20).map((index) => call(index, now)),
    pending: [pendingCell(0, now), pendingCell(1, now)],
    nodes: range(3).map((index) => ({ ...node(index, now), isAlive: index !== 1 })),
  })
}

/** Returns the violations that axe finds, each with the elements. */
async function violationsOf(page: Page): Promise<unknown> {
  return await page.evaluate(`(async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])])
  })()`)
}

const windows = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
] as const

describe.skipIf(!hasChromium)(`the accessibility of the console in Chromium${withoutChromium}`, () => {
  test.for(windows)('axe finds no violation in $colorScheme at a width of $width', async (window) => {
    await using server = await startServer()
    await using opened = await openConsole(browser, server.url, window)
    const { page, errors } = opened
    for (const [fragment, ready] of views) {
      await page.goto('about:blank')
      await page.goto(server.url + fragment)
      await page.getByText(ready).and(page.locator(':visible')).first().waitFor()
      if (fragment === '#approvals') {
        await page.getByRole('button', { name: 'Deny…' }).first().click()
        await page.getByRole('button', { name: 'Allow more…' }).nth(1).click()
      }
      await page.evaluate(axe)
      expect(await violationsOf(page), fragment).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${fragment} fits`).toBe(true)
    }
    expect(errors).toEqual([])
  })

  test('axe finds no violation in the login, a dialog and the page without a connection', async () => {
    await using server = await startFixtureConsole({ token: 'secret', user: me(), cells: [cell(0, now)] })
    await using opened = await openConsole(browser, server.url)
    const { page } = opened
    await page.getByLabel('Token').fill('secret')
    await page.evaluate(axe)
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Enter')
    await page.getByText('1 cell', { exact: true }).waitFor()
    await page.locator('[role=option]').click()
    await page.getByRole('button', { name: 'Terminate…' }).click()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await server.stop()
    await page.getByText('The connection to the server was lost').waitFor()
    expect(await violationsOf(page)).toEqual([])
  })

  test('the page works at 200 % zoom and without motion', async () => {
    await using server = await startServer()
    // Zoom halves the width that a page has.
    await using opened = await openConsole(browser, server.url, { width: 640, height: 430 })
    const { page } = opened
    await page.emulateMedia({ reducedMotion: 'reduce' })
    for (const [fragment, ready] of views) {
      await page.goto(server.url + fragment)
      await page.getByText(ready).and(page.locator(':visible')).first().waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${fragment} fits`).toBe(true)
    }
  })
})
