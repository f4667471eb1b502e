import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import {
  openPlayground,
  problemsOf,
  run,
  runProgram,
  servePlayground,
  showTab,
  statusAtEnd,
  write,
} from './open-playground.ts'

/** Returns the violations that axe-core finds. */
async function violationsOf(page: Page): Promise<unknown> {
  return await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target + ' ' + failureSummary)))`,
  )
}

const failing =
  'const order = await tools.orders_get({ id: "A-1" })\ntext(order.price)\ntext("a".b)\nstore("k", 1)\nthrow new Error("x")'

describe.skipIf(!hasChromium)(`the playground for its users in Chromium${withoutChromium}`, () => {
  let browser: Browser
  let served: Awaited<ReturnType<typeof servePlayground>>
  beforeAll(async () => {
    served = await servePlayground()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await served[Symbol.asyncDispose]()
  })

  test.each(['light', 'dark'] as const)('axe-core finds nothing in any panel in %s', async (scheme) => {
    await using playground = await openPlayground(browser, served.url, { scheme })
    const { page } = playground
    // The policy of the page blocks inline scripts, and the driver's own are not.
    await page.evaluate(axe.source)
    await problemsOf(page, /^No type errors$/)
    expect(await violationsOf(page)).toEqual([])
    expect(await runProgram(page, failing)).toBe('Failed')
    await problemsOf(page, /^1 error, 1 warning$/)
    await page.getByRole('button', { name: 'orders_get' }).click()
    expect(await violationsOf(page)).toEqual([])
    await write(page, 'yield_control(); await tools.mail_send({ to: "a", subject: "b", body: "c" })')
    await run(page)
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    await page.getByRole('button', { name: 'Wait', exact: true }).waitFor()
    expect(await violationsOf(page)).toEqual([])
    await showTab(page, 'Tools')
    await page.getByText('weather_forecast', { exact: true }).click()
    expect(await violationsOf(page)).toEqual([])
    await showTab(page, 'What the model reads')
    expect(await violationsOf(page)).toEqual([])
  })

  test('everything fits the width of a phone', async () => {
    await using playground = await openPlayground(browser, served.url, { width: 390, height: 844 })
    const { page } = playground
    const overflow = async (): Promise<unknown> =>
      await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(await runProgram(page, `${failing}\n// ${'long '.repeat(60)}`)).toBe('Failed')
    await page.getByRole('button', { name: 'orders_get' }).click()
    expect(await overflow()).toBeLessThanOrEqual(0)
    await showTab(page, 'Tools')
    await page.getByText('orders_list', { exact: true }).click()
    expect(await overflow()).toBeLessThanOrEqual(0)
    await showTab(page, 'What the model reads')
    expect(await overflow()).toBeLessThanOrEqual(0)
    await write(page, 'text("again")')
    await run(page)
    expect(await statusAtEnd(page)).toBe('Completed')
  })

  test('the theme can be chosen, and stays', async () => {
    await using playground = await openPlayground(browser, served.url)
    const { page } = playground
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark')
    const isDark = 'getComputedStyle(document.documentElement).colorScheme'
    await expect.poll(() => page.evaluate(isDark)).toBe('dark')
    await page.reload()
    await page.getByRole('combobox', { name: 'Theme' }).waitFor()
    await expect.poll(() => page.evaluate(isDark)).toBe('dark')
  })
})
