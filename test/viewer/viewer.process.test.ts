import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, openFile, openServed, withoutChromium } from './open-viewer.ts'
import {
  emptyViewData,
  grownViewData,
  hostileViewData,
  largeViewData,
  picturePayload,
  smallPayloads,
  smallViewData,
} from './sample-view-data.ts'

let browser: Browser

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const heading = (page: Page): Promise<string | null> =>
  page.getByRole('region', { name: 'Details' }).getByRole('heading', { level: 2 }).textContent()

const rows = (page: Page): Locator => page.getByRole('listbox').getByRole('option')

const options = (page: Page): Promise<string[]> => rows(page).locator('.entry-name').allTextContents()

describe.skipIf(!hasChromium)(`the viewer in Chromium${withoutChromium}`, () => {
  test('a file shows its trace and asks for nothing', async () => {
    await using opened = await openFile(browser, smallViewData(), smallPayloads)
    const { page } = opened
    expect(await options(page)).toEqual([
      'Cell 1',
      'list_pages',
      'fetch_page',
      'fetch_page',
      'fetch_page',
      'summarise',
      'wait',
      'read_file',
      'Cell 2',
    ])
    expect(await heading(page)).toBe('Cell 1')
    await rows(page).nth(1).click()
    await page.getByRole('button', { name: 'raw_payload:2 tool_result' }).click()
    await page.getByText('"all pages of the site"').waitFor()
    expect(opened.requests).toEqual([opened.url])
    expect(opened.errors).toEqual([])
  })

  test('a served page asks for its data, for payloads when they are opened, and for news', async () => {
    await using opened = await openServed(browser, smallViewData(), smallPayloads)
    const { page, url } = opened
    await page.getByText('● live').waitFor()
    const before = [url, `${url}data.json`, `${url}follow`]
    expect(opened.requests).toEqual(before)
    await rows(page).nth(1).click()
    await page.getByRole('button', { name: 'raw_payload:1 tool_invocation' }).click()
    await page.getByRole('button', { name: 'Plain text' }).click()
    expect(await page.getByLabel('Payload as text').textContent()).toBe(smallPayloads['raw_payload:1'])
    expect(opened.requests).toEqual([...before, `${url}payload/raw_payload%3A1`])
    expect(opened.errors).toEqual([])
  })

  test('news come in while what is selected stays, and a lost connection is said', async () => {
    await using opened = await openServed(browser, smallViewData(), smallPayloads)
    const { page } = opened
    await page.getByText('● live').waitFor()
    await rows(page).nth(1).click()
    await page.getByRole('button', { name: 'raw_payload:1' }).click()
    await page.getByRole('button', { name: 'Plain text' }).click()
    opened.change(grownViewData())
    await page.getByRole('option', { name: 'Cell 3' }).waitFor()
    expect(await heading(page)).toBe('list_pages')
    expect(await page.getByLabel('Payload as text').textContent()).toBe(smallPayloads['raw_payload:1'])
    await opened.stop()
    await page.getByText('connection lost').waitFor()
  })

  test('everything is reached by keys', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    const press = async (...keys: readonly string[]): Promise<string | null> => {
      for (const key of keys) await page.keyboard.press(key)
      return await heading(page)
    }
    expect(await press('j')).toBe('list_pages')
    expect(await press('ArrowDown')).toBe('fetch_page')
    expect(await press('k', 'Enter')).toBe('list_pages')
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Details')
    expect(await press('Escape')).toBe('Cell 1')
    await press('Escape')
    expect(await options(page)).toEqual(['Cell 1', 'read_file', 'Cell 2'])
    expect(await press('j', 'j', 'Enter', 'j')).toBe('get_order')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('a search looks through names, inputs, outputs and sources', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    const found = async (words: string, count: string): Promise<string[]> => {
      await page.keyboard.press('/')
      await page.getByRole('searchbox', { name: 'Search' }).fill(words)
      await page.getByRole('status').filter({ hasText: count }).waitFor()
      const names = await options(page)
      await page.keyboard.press('Escape')
      return names
    }
    expect(await found('get_order', '2 results')).toEqual(['Cell 2', 'get_order'])
    expect(await found('"site":"docs"', '1 result')).toEqual(['list_pages'])
    expect(await found('fetch_page /LIMITS', '1 result')).toEqual(['fetch_page'])
    expect(await found('order.total is closed', '1 result')).toEqual(['Cell 2'])
    expect(await found('no such words', '0 results')).toEqual([])
  })

  test('marks lead to calls, and calls to their lines', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    await page.getByRole('button', { name: 'Line 8 called summarise, completed, 3.93 s' }).click()
    expect(await heading(page)).toBe('summarise')
    await page.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'line 8' }).click()
    expect(await heading(page)).toBe('Cell 1')
    expect(await page.locator('.line.looked-at').getAttribute('data-line')).toBe('8')
    await page.getByRole('button', { name: 'Line 6 printed' }).click()
    expect(await page.locator('tr.looked-at .said').textContent()).toBe('Read 3 pages')
  })

  test('marks that are guesses are hollow, and an error says so in words', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    await page.getByRole('option', { name: 'Cell 2' }).click()
    const marks = page.getByRole('region', { name: 'Source' }).getByRole('button')
    expect(await marks.allTextContents()).toEqual(['○', '○', '✕'])
    expect(await marks.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))).toEqual([
      'Line 1 probably called get_order, completed, 190 ms',
      'Line 3 probably called refund, failed, 480 ms',
      'Line 3 threw',
    ])
    expect(await page.getByLabel('Error text').textContent()).toContain('refund refused: the order is closed')
    await page.getByRole('button', { name: 'Errors 2' }).click()
    expect(await options(page)).toEqual(['Cell 2', 'refund'])
  })

  test('a thread can be seen alone, and the conversation in its order', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    await page.getByRole('combobox', { name: 'Thread' }).selectOption({ label: 'Ada (/first/reader)' })
    expect(await options(page)).toEqual(['read_file'])
    await page.getByRole('combobox', { name: 'Thread' }).selectOption({ label: 'All 2 threads' })
    await page.getByRole('button', { name: 'Conversation' }).click()
    const items = page.getByRole('region', { name: 'Conversation' }).getByRole('article').locator('strong')
    expect(await items.allTextContents()).toEqual(['user', 'assistant', 'tool', 'assistant'])
    await page.getByRole('button', { name: 'its cell' }).first().click()
    expect(await heading(page)).toBe('Cell 1')
  })

  test('light and dark follow the system until somebody chooses', async () => {
    await using opened = await openFile(browser, smallViewData())
    const { page } = opened
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = 'rgb(251, 251, 252)'
    const dark = 'rgb(20, 22, 26)'
    expect(await background()).toBe(light)
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).toBe(dark)
    await page.getByRole('combobox', { name: 'Colours' }).selectOption('light')
    expect(await background()).toBe(light)
  })

  test('hostile content is text: nothing runs, loads or hides', async () => {
    const payloads = { ['__proto__']: '"prototype"', 'raw_payload:picture': picturePayload }
    await using opened = await openFile(browser, hostileViewData(), payloads)
    const { page } = opened
    expect(await page.locator('.source .line').first().locator('code').textContent()).toContain('</script><script>')
    expect(await page.locator('.source .line').nth(1).locator('code').textContent()).toHaveLength(
      2000 + ' … 998,000 characters more in this line'.length,
    )
    expect(await page.getByLabel('Error text').textContent()).toContain('safe⟨U+202E⟩evil⟨U+200B⟩⟨U+0000⟩')
    await page.getByRole('button', { name: 'Conversation' }).click()
    await page.getByRole('article').waitFor()
    await rows(page).nth(1).click()
    await page.getByRole('button', { name: 'raw_payload:picture' }).click()
    await page.getByRole('button', { name: 'Show picture' }).waitFor()
    expect(await page.locator('img, a, iframe, object').count()).toBe(0)
    expect(opened.requests).toEqual([opened.url])
    await page.getByRole('button', { name: 'Show picture' }).click()
    await page.getByRole('img', { name: 'The picture in this payload' }).waitFor()
    expect(await page.evaluate('globalThis.hacked')).toBe(undefined)
    expect(opened.errors).toEqual([])
  })

  test('a bundle of which nothing can be read says why', async () => {
    await using opened = await openFile(browser, emptyViewData())
    expect(await opened.page.getByRole('alert').textContent()).toContain('The log has no end')
    expect(await opened.page.getByRole('alert').textContent()).toContain('The log ends in the middle of line 1')
    expect(await options(opened.page)).toEqual([])
    expect(opened.errors).toEqual([])
  })

  test('parts have names and roles', async () => {
    await using opened = await openFile(browser, smallViewData())
    const tree = await opened.page.locator('#viewer').ariaSnapshot()
    for (const part of [
      'heading "Trace trace-1" [level=1]',
      'searchbox "Search"',
      'navigation "Trace"',
      'listbox "cells"',
      'region "Timeline"',
      'region "Source"',
      'region "What the model saw"',
      'region "What really happened"',
      'button "Line 2 called list_pages, completed, 250 ms"',
    ]) {
      expect(tree).toContain(part)
    }
  })

  test('2,000 cells and 15,000 calls are shown with few elements, and answer keys and searches', async () => {
    const data = largeViewData()
    await using opened = await openFile(browser, data)
    const { page } = opened
    const ready = await page.evaluate<number>('performance.now()')
    expect(await page.locator('*').count()).toBeLessThan(600)
    await page.getByRole('button', { name: 'Everything' }).click()
    await page.keyboard.press('j')
    await page.getByRole('searchbox').fill('haystack')
    await page.getByRole('status').filter({ hasText: '1 result' }).waitFor()
    expect(await options(page)).toEqual(['tool_1'])
    process.stdout.write(`the large trace was shown ${Math.round(ready)} ms after it was asked for\n`)
    expect(opened.errors).toEqual([])
  })
})
