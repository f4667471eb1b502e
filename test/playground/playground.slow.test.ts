import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import {
  editorOf,
  endOf,
  openPlayground,
  outputOf,
  problemsOf,
  run,
  runProgram,
  servePlayground,
  showTab,
  statusAtEnd,
  write,
  type OpenedPlayground,
} from './open-playground.ts'

describe.skipIf(!hasChromium)(`the playground in Chromium${withoutChromium}`, () => {
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

  const opened = async (): Promise<OpenedPlayground> => await openPlayground(browser, served.url)

  test('an example runs under a sub path, and nothing else is requested', async () => {
    await using playground = await opened()
    const { page, requests, errors } = playground
    expect(await problemsOf(page, /^No type errors$/)).toEqual([])
    await run(page)
    expect(await statusAtEnd(page)).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['8 orders, 864.00 EUR'])
    expect(requests.filter((address) => !address.startsWith(served.url) && !address.startsWith('data:'))).toEqual([])
    expect(errors).toEqual([])
  })

  test('a type error is shown while it is typed, and leads to its location', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(page, 'const order = await tools.orders_get({ id: "A-1" })\ntext(order.price)\nconst list = "a".b')
    const problems = await problemsOf(page, /^1 error, 1 warning$/)
    expect(problems).toEqual([
      expect.stringMatching(/^2:12 error Property 'price' does not exist on type/),
      expect.stringMatching(/^3:18 warning Property 'b' does not exist/),
    ])
    await page.locator('.cm-lintRange-error').filter({ hasText: 'price' }).waitFor()
    await page.getByRole('button', { name: '2:12' }).click()
    await expect.poll(() => page.locator('.cm-marked-line').textContent()).toBe('text(order.price)')
    await write(page, 'text(1)')
    expect(await problemsOf(page, /^No type errors$/)).toEqual([])
  })

  test('the members of tools are completed with their types', async () => {
    await using playground = await opened()
    const { page } = playground
    await problemsOf(page, /^No type errors$/)
    await write(page, 'await tools')
    await page.keyboard.type('.')
    const items = page.getByRole('listbox').getByRole('option')
    await items.filter({ hasText: 'weather_forecast' }).waitFor({ timeout: 30_000 })
    const names = await items.locator('.cm-completionLabel').allTextContents()
    expect(names).toEqual(expect.arrayContaining(['files_read', 'mail_send', 'orders_list', 'weather_forecast']))
    await expect
      .poll(() => items.filter({ hasText: 'orders_get' }).textContent())
      .toContain('(args: { id: string; }): Promise<')
    await page.keyboard.type('files_l')
    await items.filter({ hasText: 'files_list' }).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => editorOf(page).textContent()).toBe('await tools.files_list')
  })

  test('the types follow the choice of tools', async () => {
    await using playground = await opened()
    const { page } = playground
    await problemsOf(page, /^No type errors$/)
    await showTab(page, 'Tools')
    await page.getByRole('checkbox', { name: 'Orders' }).uncheck()
    expect(await problemsOf(page, /^1 error$/)).toEqual([
      expect.stringMatching(/^6:28 error Property 'orders_list' does not exist/),
    ])
    await run(page)
    expect(await statusAtEnd(page)).toBe('Failed')
    await expect
      .poll(() => page.getByRole('region', { name: 'Error' }).textContent())
      .toContain('tools.orders_list is not a function')
  })

  test('TypeScript runs, and an error has its line', async () => {
    await using playground = await opened()
    const { page } = playground
    const source = `type City = { name: string }
const city: City = { name: 'Oslo' }
interface Unused { a: number }
const report = await tools.weather_forecast({ city: city.name as string })
text(report.sky satisfies string)
;(null as any).nothing`
    expect(await runProgram(page, source)).toBe('Failed')
    await expect.poll(() => outputOf(page)).toEqual([expect.stringMatching(/^(?:sunny|cloudy|rainy|windy)$/)])
    const error = page.getByRole('region', { name: 'Error' })
    await expect.poll(() => error.textContent()).toContain('exec_main.mjs:6:16')
    await error.getByRole('button', { name: 'Go to line 6' }).click()
    await expect.poll(() => page.locator('.cm-marked-line').textContent()).toBe(';(null as any).nothing')
    expect(await runProgram(page, 'enum A { b }\ntext(A.b)')).toBe('Failed')
    await expect.poll(() => error.textContent()).toContain('TypeScript enum is not supported')
  })

  test('a call shows its input, its result and its line', async () => {
    await using playground = await opened()
    const { page } = playground
    expect(
      await runProgram(
        page,
        'text(1)\nawait tools.orders_get({ id: "A-2" })\nawait tools.price_get({ item: "x" }).catch(() => 0)',
      ),
    ).toBe('Completed')
    const calls = page.getByRole('region', { name: 'Calls' })
    await expect
      .poll(() => calls.locator('.pg-call-state').allTextContents())
      .toEqual([expect.stringMatching(/^succeeded · \d+ ms$/), expect.stringMatching(/^failed · \d+ ms$/)])
    await calls.getByRole('button', { name: 'orders_get' }).click()
    await expect
      .poll(() => calls.locator('.pg-call-detail pre').allTextContents())
      .toEqual(['{\n  "id": "A-2"\n}', expect.stringContaining('"customer": "Grace"')])
    await calls.getByRole('button', { name: 'Go to line 2' }).click()
    await expect.poll(() => page.locator('.cm-marked-line').textContent()).toBe('await tools.orders_get({ id: "A-2" })')
    await calls.getByRole('button', { name: 'price_get' }).click()
    await calls.getByText('503: the price service is down').waitFor()
  })

  const mail =
    'text(await tools.mail_send({ to: "ada@example.com", subject: "Hi", body: "b" }).catch((error) => error))'

  test('a call waits for its approval in the page', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(page, mail)
    await run(page)
    const approval = page.getByRole('group', { name: 'Approval of mail_send, tool-1' })
    await expect.poll(() => approval.textContent()).toContain('"to": "ada@example.com"')
    await approval.getByRole('button', { name: 'Approve' }).click()
    expect(await statusAtEnd(page)).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual([expect.stringMatching(/^\{"id":"mail-\d+"\}$/)])
    await approval.waitFor({ state: 'detached' })
  })

  test('a denied call rejects with the reason', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(page, mail)
    await run(page)
    await page.getByRole('textbox', { name: 'Reason of a denial' }).fill('not today')
    await page.getByRole('button', { name: 'Deny' }).click()
    expect(await statusAtEnd(page)).toBe('Completed')
    expect((await outputOf(page)).join('')).toContain('not today')
  })

  test('a program that loops ends at its limit, and the page stays responsive', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(page, 'text("before"); for (;;);')
    await run(page)
    await page.getByText('before').last().waitFor()
    await showTab(page, 'Tools')
    await page.getByText('weather_forecast', { exact: true }).waitFor({ timeout: 2000 })
    await showTab(page, 'Run')
    expect(await statusAtEnd(page)).toBe('Failed')
    await expect.poll(() => page.getByRole('region', { name: 'Error' }).textContent()).toContain('cpu')
    expect(await runProgram(page, 'text("next")')).toBe('Completed')
  })

  test.each([
    ['loops', 'text("before"); for (;;);'],
    ['waits for a call', 'text("before"); await tools.report_create({ title: "a", seconds: 60 })'],
    ['waits for an approval', `text("before"); ${mail}`],
    ['prints without end', 'for (;;) text("before")'],
  ])('a program that %s can be terminated', async (_, source) => {
    await using playground = await opened()
    const { page } = playground
    await write(page, source)
    await run(page)
    await page.locator('.pg-entry').first().waitFor()
    await page.getByRole('button', { name: 'Terminate' }).click()
    expect(await statusAtEnd(page)).toMatch(/^(?:Terminated|Failed)$/)
    expect(await runProgram(page, 'text("next")')).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['next'])
  })

  test('a program yields, and the user waits for the rest as the model does', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(
      page,
      'notify("soon"); text("a"); yield_control(); text(await tools.orders_get({ id: "A-1" }).then(({ id }) => id))',
    )
    await run(page)
    await page.getByRole('button', { name: 'Wait' }).click()
    expect(await statusAtEnd(page)).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['soon', 'a', 'A-1'])
    await showTab(page, 'What the model reads')
    const responses = await page.getByRole('region', { name: 'Responses' }).locator('.pg-response').allTextContents()
    expect(responses).toEqual([
      expect.stringMatching(/^execScript running with cell ID \S+\nWall time [\d.]+ seconds\nOutput:\na$/),
      expect.stringMatching(/^waitScript completed\nWall time [\d.]+ seconds\nOutput:\nA-1$/),
    ])
  })

  test('stored values remain for the next program', async () => {
    await using playground = await opened()
    const { page } = playground
    const source = 'store("count", (load("count") ?? 0) + 1); text(load("count"))'
    await runProgram(page, source)
    await expect
      .poll(() => page.getByRole('region', { name: 'Stored values' }).textContent())
      .toBe('Stored valuescount1')
    await runProgram(page, source)
    await expect.poll(() => outputOf(page)).toEqual(['2'])
  })

  test('an edited result is what the program gets', async () => {
    await using playground = await opened()
    const { page } = playground
    await showTab(page, 'Tools')
    await page.getByText('price_get', { exact: true }).click()
    const result = page.getByRole('textbox', { name: 'Result as JSON' })
    await result.last().fill('{ "eur": }')
    await page.getByRole('button', { name: 'Use this result' }).last().click()
    await page.getByText(/^Not JSON/).waitFor()
    await result.last().fill('{ "eur": 12 }')
    await page.getByRole('button', { name: 'Use this result' }).last().click()
    await page.getByText('Each call returns this result').waitFor()
    expect(await runProgram(page, 'text(await tools.price_get({ item: "lamp" }))')).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['{"eur":12}'])
  })

  test('a program shows an image', async () => {
    await using playground = await opened()
    const { page, errors } = playground
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    expect(await runProgram(page, `image("data:image/png;base64,${pixel}")`)).toBe('Completed')
    await page.getByRole('img', { name: 'Image of the program' }).waitFor()
    await expect.poll(() => page.evaluate(`document.querySelector('.pg-entry img').naturalWidth`)).toBe(1)
    expect(errors).toEqual([])
  })

  test('each example has no type errors and completes', async () => {
    await using playground = await opened()
    const { page } = playground
    const titles = await page
      .getByRole('combobox', { name: 'Examples' })
      .locator('option:not([disabled])')
      .allTextContents()
    expect(titles).toHaveLength(5)
    for (const title of titles) {
      await page.getByRole('combobox', { name: 'Examples' }).selectOption(title)
      expect(await problemsOf(page, /^No type errors$/)).toEqual([])
      await run(page)
      expect(await endOf(page), title).toBe('Completed')
    }
  })

  test('the keyboard writes, runs and leaves the editor', async () => {
    await using playground = await opened()
    const { page } = playground
    await write(page, 'text("by key")')
    await page.keyboard.press('ControlOrMeta+Enter')
    expect(await statusAtEnd(page)).toBe('Completed')
    await page.keyboard.press('Tab')
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('pg-tab-run')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('pg-tab-tools')
    await page.getByRole('checkbox', { name: 'Weather' }).waitFor()
  })

  test('the page runs programs also when TypeScript does not load', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.route(/types-worker/, (route) => route.abort())
    await page.goto(served.url)
    await page.getByText('Types are not available').waitFor()
    expect(await runProgram(page, 'text(6 * 7)')).toBe('Completed')
    await context.close()
  })
})
