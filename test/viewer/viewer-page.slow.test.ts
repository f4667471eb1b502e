import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCodeModeTools, createSession } from '../../src/index.ts'
import { createTraceRecorder } from '../../src/trace.ts'
import { serveTraceView, traceViewHtml } from '../../src/trace-view.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { everyTool, recordEverything } from '../trace/recorder/record-everything.ts'
import { record } from '../trace/recorder/recorded.ts'
import { expectFewElements } from './large-trace.ts'
import { hasChromium, launchBrowser, open, openFile, openServed, withoutChromium } from './open-viewer.ts'
import {
  emptyViewData,
  grownViewData,
  hostileViewData,
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

const rows = (page: Page): Locator => page.locator('#entries').getByRole('option')

const options = (page: Page): Promise<string[]> => rows(page).locator('.entry-name').allTextContents()

describe.skipIf(!hasChromium)(`the viewer in Chromium${withoutChromium}`, () => {
  test('a page from a file shows its trace and requests nothing', async () => {
    const opened = await openFile(browser, smallViewData(), smallPayloads)
    const { page } = opened
    expect(await options(page)).toEqual([
      'Cell 1',
      'list_pages',
      'fetch_page',
      'fetch_page',
      'fetch_page',
      'summarize',
      'wait',
      'read_file',
      'Cell 2',
    ])
    await rows(page).first().click()
    expect(await heading(page)).toBe('Cell 1')
    await rows(page).nth(1).click()
    await page.getByRole('button', { name: 'raw_payload:2 tool_result' }).click()
    await page.getByText('"all pages of the site"').waitFor()
    expect(opened.requests).toEqual([opened.url])
    expect(opened.errors).toEqual([])
  })

  test('a served page requests its data, the payloads that are opened, and changes', async () => {
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

  test('a served page shows changes, keeps the selection, and reports a lost connection', async () => {
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

  test('the keyboard reaches everything', async () => {
    const opened = await openFile(browser, smallViewData())
    const { page } = opened
    const press = async (...keys: readonly string[]): Promise<string | null> => {
      for (const key of keys) await page.keyboard.press(key)
      return await heading(page)
    }
    expect(await press('j', 'j')).toBe('list_pages')
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

  test('a search finds names, inputs, outputs and sources', async () => {
    const opened = await openFile(browser, smallViewData())
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
    expect(await found('THEN refund', '1 result')).toEqual(['user'])
    expect(await found('fetch_page /LIMITS', '1 result')).toEqual(['fetch_page'])
    expect(await found('order.total is closed', '1 result')).toEqual(['Cell 2'])
    expect(await found('no such words', '0 results')).toEqual([])
  })

  test('a mark selects its call, and a call shows its line', async () => {
    const opened = await openFile(browser, smallViewData())
    const { page } = opened
    await rows(page).first().click()
    await page.getByRole('button', { name: 'Line 8 called summarize, completed, 3.93 s' }).click()
    expect(await heading(page)).toBe('summarize')
    await page.getByRole('region', { name: 'Details' }).getByRole('button', { name: 'line 8' }).click()
    expect(await heading(page)).toBe('Cell 1')
    expect(await page.locator('.line.highlighted').getAttribute('data-line')).toBe('8')
    await page.getByRole('button', { name: 'Line 6 printed' }).click()
    expect(await page.locator('tr.highlighted .said').textContent()).toBe('Read 3 pages')
  })

  test('a guessed mark is hollow, and its label says so', async () => {
    const opened = await openFile(browser, smallViewData())
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

  test('an agent of the tree filters the list and shows its conversation', async () => {
    const opened = await openFile(browser, smallViewData())
    const { page } = opened
    const agents = page.getByRole('listbox', { name: 'Agents' }).getByRole('option')
    expect(await agents.locator('.entry-name').allTextContents()).toEqual(['All 2 agents', 'root', 'Ada'])
    await agents.nth(2).click()
    expect(await options(page)).toEqual(['read_file'])
    await page.getByRole('combobox', { name: 'Agent' }).selectOption({ label: '/root' })
    const items = page.getByRole('feed').getByRole('article')
    expect(await items.locator('strong').allTextContents()).toEqual([
      'User',
      'exec',
      'Output of exec',
      'Assistant, final answer',
    ])
    expect(await page.locator('.request-new').allTextContents()).toEqual([
      '1 new itemShow all that the model saw',
      '1 new item after 2 earlier onesShow all that the model saw',
    ])
    await page.getByRole('feed').getByRole('button', { name: 'Cell 1' }).first().click()
    expect(await heading(page)).toBe('Cell 1')
  })

  test('colors follow the system until a scheme is chosen', async () => {
    const opened = await openFile(browser, smallViewData())
    const { page } = opened
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = 'rgb(251, 251, 252)'
    const dark = 'rgb(20, 22, 26)'
    expect(await background()).toBe(light)
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).toBe(dark)
    await page.getByRole('combobox', { name: 'Colors' }).selectOption('light')
    expect(await background()).toBe(light)
  })

  test('hostile content is shown as text and does not run, load or hide anything', async () => {
    const payloads = { ['__proto__']: '"prototype"', 'raw_payload:picture': picturePayload }
    const opened = await openFile(browser, hostileViewData(), payloads)
    const { page } = opened
    await page.getByRole('button', { name: 'Overview' }).click()
    await rows(page).first().click()
    expect(await page.locator('.source .line').first().locator('code').textContent()).toContain('</script><script>')
    expect(await page.locator('.source .line').nth(1).locator('code').textContent()).toHaveLength(
      2000 + ' … 998,000 characters more in this line'.length,
    )
    expect(await page.getByLabel('Error text').textContent()).toContain('safe⟨U+202E⟩evil⟨U+200B⟩⟨U+0000⟩')
    await page.getByRole('button', { name: 'Conversation', exact: true }).click()
    await page.getByRole('article').first().waitFor()
    await page.getByRole('button', { name: 'Everything' }).click()
    for (const row of await rows(page).all()) await row.click()
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

  test('an unreadable bundle shows the reason', async () => {
    const opened = await openFile(browser, emptyViewData())
    expect(await opened.page.getByRole('banner').textContent()).toContain('✕unreadable')
    expect(await opened.page.getByRole('alert').textContent()).toContain('The log ends in the middle of line 1')
    expect(await options(opened.page)).toEqual([])
    expect(opened.errors).toEqual([])
  })

  test('the parts of the page have names and roles', async () => {
    const opened = await openFile(browser, smallViewData(), {}, '#step=cell:1')
    const tree = await opened.page.locator('#viewer').ariaSnapshot()
    for (const part of [
      'heading "Trace trace-1" [level=1]',
      'searchbox "Search"',
      'navigation "Trace"',
      'listbox "cells"',
      'region "Timeline"',
      'region "Source"',
      'region "Seen by the model"',
      'region "All events"',
      'button "Line 2 called list_pages, completed, 250 ms"',
    ]) {
      expect(tree).toContain(part)
    }
  })

  test('a trace with 300 cells and 2,250 calls has few elements', async () => {
    await expectFewElements(browser, { cells: 300, calls: 2250 })
  })

  test('a session with everything in it is shown from a file', async () => {
    const { directory } = await record({ tools: everyTool }, recordEverything)
    const file = join(newFolder(), 'trace.html')
    writeFileSync(file, traceViewHtml({ directory }))
    const { page, url, requests, errors } = await open(browser, pathToFileURL(file).href)
    await rows(page).filter({ hasText: 'Cell 1' }).first().click()
    const happened = page.getByRole('region', { name: 'All events' })
    expect(await happened.locator('tbody tr').count()).toBeGreaterThan(10)
    expect(await page.locator('.mark.hollow').count()).toBe(0)
    await page.getByRole('button', { name: /^Line \d+ called fails/ }).click()
    expect(await page.getByLabel('Error text').textContent()).toContain('no such thing')
    for (const cell of await page.locator('.entry.cell').all()) {
      await cell.click()
      await page.getByRole('region', { name: 'Source' }).waitFor()
    }
    expect([requests, errors]).toEqual([[url], []])
  })

  test('a session that runs is followed, and the selected cell stays selected', async () => {
    await using recorder = createTraceRecorder({ root: newFolder() })
    await using session = await createSession({
      hosts: sharedHosts('in-process'),
      listeners: [recorder.rootThread.listen()],
    })
    const model = createCodeModeTools(session)
    await model.exec.call('text("first")', { callId: 'call-1' })
    await recorder.flush()
    await using server = await serveTraceView({ directory: recorder.directory, follow: true })
    const { page, requests, errors } = await open(browser, server.url)
    await page.getByText('● live').waitFor()
    await page.getByRole('option', { name: 'Cell 1' }).click()
    await model.exec.call('text("second")', { callId: 'call-2' })
    await page.getByRole('option', { name: 'Cell 2' }).waitFor()
    expect(await heading(page)).toBe('Cell 1')
    const paths = new Set(requests.map((address) => address.replace(server.url, '')))
    expect(paths).toEqual(new Set(['', 'data.json', 'follow']))
    expect(errors).toEqual([])
  })
})
