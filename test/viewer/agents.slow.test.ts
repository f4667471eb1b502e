import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTraceRecorder, makeViewData, openTraceBundle, type ViewData } from '../../src/trace.ts'
import { sharedHosts } from '../support/hosts.ts'
import { recordTeam } from '../trace/recorder/record-team.ts'
import { hasChromium, launchBrowser, openFile, openServed, withoutChromium } from './open-viewer.ts'
import { longConversation } from './sample-conversation.ts'

const models = {
  'gpt-5.6-sol': { input: 1.25, cachedInput: 0.125, output: 10 },
  'gpt-5.6-luna': { input: 0.25, cachedInput: 0.025, output: 2 },
}

const root = mkdtempSync(join(tmpdir(), 'codecell-viewer-'))
let browser: Browser
let directory = ''
let data: ViewData

beforeAll(async () => {
  if (!hasChromium) return
  const recorder = createTraceRecorder({ root })
  await recordTeam({ recorder, hosts: sharedHosts('in-process'), pace: 0.005 })
  await recorder.close()
  directory = recorder.directory
  data = makeViewData(openTraceBundle(directory), { prices: { currency: 'USD', models } })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  rmSync(root, { recursive: true })
})

const heading = (page: Page): Promise<string | null> =>
  page.getByRole('region', { name: 'Details' }).getByRole('heading', { level: 2 }).textContent()

/** Waits until the address has a fragment. */
const waitForFragment = async (page: Page, expected: string): Promise<void> => {
  await page.waitForURL((url) => decodeURIComponent(url.hash) === expected)
}

const threadOf = (path: string): string => data.threads.find((thread) => thread.path === path)?.id ?? ''

describe.skipIf(!hasChromium)(`the viewer with several agents in Chromium${withoutChromium}`, () => {
  test('the overview has the totals, the question and the answer, the agents, and their edges', async () => {
    const { page, errors } = await openFile(browser, data)
    const overview = page.getByRole('region', { name: 'Overview' })
    const totals = await overview.getByLabel('Totals').locator('.fact').allTextContents()
    expect(totals.slice(1, 3)).toEqual(['Agents4', 'Requests27 2 without tokens'])
    expect(totals.at(-1)).toBe('Errors7')
    expect(totals.find((text) => text.startsWith('Cost'))).toMatch(
      /^Cost0\.0\d+ USD without 3 requests to models without a price$/,
    )
    const turns = overview.getByRole('region', { name: 'Turns of root' })
    expect(await turns.locator('.words').first().textContent()).toContain('Prepare release 2.0')
    expect(await turns.locator('.words').last().textContent()).toContain('Two things block release 2.0')
    const rows = overview.getByRole('region', { name: 'Agents' }).getByRole('row')
    expect(await rows.getByRole('rowheader').locator('button').allTextContents()).toEqual([
      'root',
      'Ada',
      'Grace',
      'Lin',
    ])
    expect(await rows.nth(4).textContent()).toContain('no price')
    const edges = await overview.getByRole('region', { name: 'Between agents' }).getByRole('listitem').allTextContents()
    expect(edges).toHaveLength(10)
    expect(edges[0]).toMatch(/root started Ada Run the unit and session tests on CI\.$/)
    expect(errors).toEqual([])
  })

  test('the overview lists what failed with the reason, and what ended cells', async () => {
    const { page } = await openFile(browser, data)
    const failed = await page.getByRole('region', { name: 'Errors' }).getByRole('listitem').allTextContents()
    expect(failed).toHaveLength(7)
    for (const part of [
      /gpt-5\.6-luna ?Grace 429: the model is overloaded/,
      /mcp__ci__start_runner ?Ada windows-arm64/,
    ]) {
      expect(failed).toContainEqual(expect.stringMatching(part))
    }
    const ended = page.getByRole('region', { name: 'Cells that did not end by themselves' }).getByRole('listitem')
    const causes = (await ended.allTextContents()).map((text) => text.replace(/^.*Ada /, ''))
    expect(new Set(causes)).toEqual(
      new Set([
        'terminated by the model',
        'ended by a limit of the session',
        'terminated by the application: a user, or an abort',
        'terminated by the close of the session',
      ]),
    )
    await page.getByRole('region', { name: 'Cells that did' }).getByRole('button', { name: 'Cell 3' }).click()
    expect(await page.locator('.origin').textContent()).toBe(
      'Agent Ada, in the conversation · Cell terminated by the model: wait',
    )
    await page.locator('.origin').getByRole('button', { name: 'wait' }).click()
    expect(await heading(page)).toBe('wait')
  })

  test('an edge leads from one agent to the other, and "Back" returns', async () => {
    const { page } = await openFile(browser, data)
    const edges = page.getByRole('region', { name: 'Between agents' })
    await edges.getByRole('listitem').filter({ hasText: 'Lin returned' }).getByRole('button', { name: 'Grace' }).click()
    const target = page.locator('.item.is-target')
    expect(await target.textContent()).toContain('One of three links is dead')
    expect(await heading(page)).toBe('Grace')
    await target.getByRole('button', { name: 'Lin returned its result to Grace' }).click()
    await page.locator('.item.is-target.assistant').waitFor()
    expect(await heading(page)).toBe('Lin')
    await page.waitForURL((url) => url.hash.includes('item'))
    await page.goBack()
    await page
      .getByRole('region', { name: 'Overview' })
      .or(page.getByRole('heading', { name: 'Grace', level: 2 }))
      .waitFor()
  })

  test('a step has an address that survives a reload and can be opened, and the history goes back and forth', async () => {
    await using served = await openServed(browser, data)
    const { page, url } = served
    const list = page.locator('#entries').getByRole('option')
    await list.filter({ hasText: 'Cell 3' }).click()
    await waitForFragment(page, '#step=cell:code_cell:tests-watch')
    await list.filter({ hasText: 'close_agent' }).click()
    await waitForFragment(page, '#step=call:root-close')
    await page.reload()
    expect(await heading(page)).toBe('close_agent')
    await page.goBack()
    await page.getByRole('heading', { name: 'Cell 3', level: 2 }).waitFor()
    await page.goForward()
    await page.getByRole('heading', { name: 'close_agent', level: 2 }).waitFor()
    await page.goto('about:blank')
    await page.goto(`${url}#step=${encodeURIComponent('cell:code_cell:tests-run')}&line=3`)
    expect(await heading(page)).toBe('Cell 1')
    expect(await page.locator('.line.highlighted').getAttribute('data-line')).toBe('3')
    await page.getByRole('button', { name: 'Overview' }).click()
    await waitForFragment(page, '')
  })

  test('a button copies the address of a step', async () => {
    await using served = await openServed(browser, data)
    const { page, url } = served
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('#entries').getByRole('option', { name: 'close_agent' }).click()
    await page.getByRole('button', { name: 'Copy the link to this step' }).click()
    await page.getByText('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${url}#step=call%3Aroot-close`)
  })

  test('an address of an unknown step says so, until the step is recorded', async () => {
    const id = 'call:root-close'
    const before = { ...data, entries: data.entries.filter((entry) => entry.id !== id) }
    await using served = await openServed(browser, before)
    const { page, url } = served
    await page.goto('about:blank')
    await page.goto(`${url}#step=${id}`)
    await page.getByText(`This trace has no step ${id}`).waitFor()
    await page.getByText('● live').waitFor()
    served.change(data)
    await page.getByRole('heading', { name: 'close_agent', level: 2 }).waitFor()
  })

  test('the conversation has messages, what was new in each request, and all that the model saw', async () => {
    const { page } = await openFile(browser, data, {}, `#view=conversation&thread=${threadOf('/root/docs')}`)
    const feed = page.getByRole('feed', { name: 'Conversation of Grace' })
    await feed.getByRole('article').first().waitFor()
    expect((await feed.getByRole('article').locator('strong').allTextContents()).slice(0, 5)).toEqual([
      'Developer',
      'Message from /root',
      'spawn_agent',
      'Output of spawn_agent',
      'exec',
    ])
    const requests = feed.locator('.request-row')
    expect(await requests.nth(1).textContent()).toMatch(
      /✕failed.*429: the model is overloaded1 new item after 3 earlier ones/,
    )
    await requests.nth(2).getByRole('button', { name: 'Show all that the model saw' }).click()
    expect(await requests.nth(2).getByRole('listitem').locator('button').allTextContents()).toEqual([
      'developer',
      '/root',
      'spawn_agent',
      'spawn_agent',
    ])
    await feed.evaluate((box) => box.scrollTo(0, box.scrollHeight))
    await feed.getByText('History compacted').waitFor()
    await feed.getByText('5 items of the request before removed').waitFor()
  })

  test('an item of a long conversation is found by its address, and few rows have elements', async () => {
    const { page, errors } = await openFile(browser, longConversation(5000), {}, '#view=conversation&item=item-7000')
    const target = page.locator('.item.is-target')
    await target.waitFor()
    expect(await target.textContent()).toContain('answer 7000')
    const [top, bottom] = await target.evaluate((element) => {
      const box = element.closest('.feed')?.getBoundingClientRect()
      const own = element.getBoundingClientRect()
      return [own.top - (box?.top ?? 0), (box?.bottom ?? 0) - own.top] as const
    })
    expect(top).toBeGreaterThanOrEqual(0)
    expect(bottom).toBeGreaterThan(0)
    expect(await page.locator('*').count()).toBeLessThan(1000)
    const feed = page.getByRole('feed')
    await feed.hover()
    await page.mouse.wheel(0, 1)
    await feed.evaluate((box) => box.scrollTo(0, 1e9))
    await feed.getByText('answer 9999').waitFor()
    expect(await page.locator('*').count()).toBeLessThan(1000)
    expect(errors).toEqual([])
  })

  test('a text that is expanded moves what follows, and stays expanded', async () => {
    const { page } = await openFile(browser, longConversation(20), {}, '#view=conversation')
    const feed = page.getByRole('feed')
    const item = feed.getByRole('article').nth(1)
    const following = feed.getByRole('article').nth(2)
    const before = (await following.boundingBox())?.y ?? 0
    await item.getByRole('button', { name: 'Show all' }).click()
    await item.getByRole('button', { name: 'Show less' }).waitFor()
    await expect.poll(async () => (await following.boundingBox())?.y ?? 0).toBeGreaterThan(before + 50)
    const end = await item.boundingBox()
    expect((await following.boundingBox())?.y).toBeGreaterThanOrEqual((end?.y ?? 0) + (end?.height ?? 0))
    await feed.evaluate((box) => box.scrollTo(0, 1e9))
    await feed.getByText('answer 39').waitFor()
    await feed.evaluate((box) => box.scrollTo(0, 0))
    await feed.getByRole('article').nth(1).getByRole('button', { name: 'Show less' }).waitFor()
  })

  test('the timeline has a lane for each agent, and its edges lead to their ends', async () => {
    const { page } = await openFile(browser, data)
    const canvas = page.getByRole('img', { name: /^Timeline of/ })
    const box = await canvas.boundingBox()
    const places = Array.from({ length: 8 * 150 }, (_, index) => ({
      x: 126 + (index % 150) * 8,
      y: 60 + Math.floor(index / 150) * 12,
    }))
    let tip = ''
    for (const { x, y } of places) {
      await page.mouse.move((box?.x ?? 0) + x, (box?.y ?? 0) + y)
      const tips = await page.locator('.tip strong').allTextContents()
      tip = tips.find((text) => / (started|returned its result to) /.test(text)) ?? ''
      if (tip !== '') break
    }
    expect(tip).toMatch(/^\w+ (started|returned its result to) \w+$/)
    await page.mouse.down()
    await page.mouse.up()
    await page.locator('.item.is-target').waitFor()
    await page.mouse.click((box?.x ?? 0) + 40, (box?.y ?? 0) + 40)
    await page.getByRole('heading', { name: 'root', level: 2 }).waitFor()
  })

  test.each(['light', 'dark'] as const)(
    'a narrow %s page shows every view without horizontal scrolling',
    async (colorScheme) => {
      const { page } = await openFile(browser, data)
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width: 390, height: 844 })
      try {
        const width = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth')
        const inner = (selector: string): Promise<boolean> =>
          page.locator(selector).evaluate((element) => element.scrollWidth <= element.clientWidth)
        expect([await width(), await inner('.detail')]).toEqual([390, true])
        await page.getByRole('button', { name: 'Conversation', exact: true }).click()
        await page.getByRole('article').first().waitFor()
        expect([await width(), await inner('.feed')]).toEqual([390, true])
        await page.getByRole('button', { name: 'Steps' }).click()
        expect([await width(), await inner('#entries')]).toEqual([390, true])
        await page.locator('#entries').getByRole('option', { name: 'Cell 1' }).first().click()
        expect(await heading(page)).toBe('Cell 1')
        expect([await width(), await inner('.detail')]).toEqual([390, true])
      } finally {
        await page.setViewportSize({ width: 1440, height: 900 })
      }
    },
  )

  test('a bundle that does not reduce shows the events before the wrong one, and never that it runs', async () => {
    const broken = join(root, 'broken')
    cpSync(directory, broken, { recursive: true })
    const log = join(broken, 'trace.jsonl')
    writeFileSync(log, readFileSync(log, 'utf8').replace('"seq":140,', '"seq":1,'))
    const { page, errors } = await openFile(browser, makeViewData(openTraceBundle(broken)))
    const head = await page.getByRole('banner').textContent()
    expect(head).toContain('✕unreadable')
    expect(head).not.toContain('running')
    expect(await page.getByRole('alert').textContent()).toContain('The page shows the first 139 events')
    expect(await page.locator('#entries').getByRole('option').count()).toBeGreaterThan(5)
    const rest = page.getByRole('region', { name: 'Events that are not in the page' })
    expect(await rest.getByRole('listitem').first().textContent()).toMatch(/^\+[^ ]+ m?s1 \w+/)
    expect(errors).toEqual([])
  })

  test('the overview and the conversation have names and roles', async () => {
    const { page } = await openFile(browser, data)
    const overview = await page.locator('#viewer').ariaSnapshot()
    for (const part of [
      'listbox "Agents"',
      'region "Overview"',
      'region "Between agents"',
      'group "Views"',
      'columnheader "Tokens in"',
    ]) {
      expect(overview).toContain(part)
    }
    await page.getByRole('button', { name: 'Conversation', exact: true }).click()
    await page.getByRole('article').first().waitFor()
    const conversation = await page.locator('#viewer').ariaSnapshot()
    for (const part of [
      'feed "Conversation of root"',
      'article "User"',
      'combobox "Agent"',
      'button "Copy the link to this item"',
    ]) {
      expect(conversation).toContain(part)
    }
    await waitForFragment(page, '#view=conversation')
  })
})
