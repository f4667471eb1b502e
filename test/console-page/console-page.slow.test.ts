import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { startFixtureConsole } from './fixture-console.ts'
import { call, cell, me, node, pendingCell, session } from './fixture-data.ts'
import { openConsole } from './open-console.ts'

let browser: Browser
const now = Date.now()
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe.skipIf(!hasChromium)(`the console in Chromium${withoutChromium}`, () => {
  test('10,000 cells scroll, change and are searched with few elements', async () => {
    await using server = await startFixtureConsole({ cells: range(10_000).map((index) => cell(index, now)) })
    await using opened = await openConsole(browser, server.url)
    const { page, errors } = opened
    const list = page.locator('#cells')
    await page.getByText('10,000 cells').waitFor()
    await list.evaluate((box) => (box.scrollTop = box.scrollHeight))
    await page.locator('[role=option]').last().getByText('support-9').waitFor()
    await expect.poll(() => page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(1500)
    await list.evaluate((box) => (box.scrollTop = 200_000))
    const row = page.locator('[role=option]').nth(14)
    const text = await row.locator('.entry-name').textContent()
    const id = await row.getAttribute('id')
    const before = await row.boundingBox()
    const added = range(30).map((index) => cell(index, now, { cellId: `new-${index}`, startedAt: now + index }))
    server.change({ cells: added })
    await page.getByRole('button', { name: 'Show 30 changes' }).waitFor()
    await expect.poll(() => page.locator(`#${id} .entry-name`).textContent()).toBe(text)
    await expect.poll(() => page.locator(`#${id}`).boundingBox()).toEqual(before)
    await page.keyboard.press('/')
    await page.keyboard.type('import_rows')
    await page.getByText('1,254 cells').or(page.getByText('1,253 cells')).waitFor()
    expect(errors).toEqual([])
  })

  test('a list shows new cells by itself only while nothing in it is read or focused', async () => {
    await using server = await startFixtureConsole({ cells: range(300).map((index) => cell(index, now)) })
    await using opened = await openConsole(browser, server.url)
    const { page } = opened
    await page.getByText('300 cells').waitFor()
    server.change({ cells: [cell(3, now, { cellId: 'first-new', startedAt: now + 1 })] })
    await page.getByText('301 cells').waitFor()
    await page.locator('[role=option]').nth(2).click()
    const heading = page.getByRole('region', { name: 'Details' }).getByRole('heading', { level: 2 })
    await heading.waitFor()
    const title = await heading.textContent()
    server.change({ cells: [cell(3, now, { cellId: 'second-new', startedAt: now + 2 })] })
    await page.getByRole('button', { name: 'Show 1 change' }).waitFor()
    await expect.poll(() => page.locator('[role=option]').nth(2).getAttribute('aria-selected')).toBe('true')
    await page.getByRole('button', { name: 'Show 1 change' }).click()
    await page.getByText('302 cells').waitFor()
    await expect.poll(() => heading.textContent()).toBe(title)
    await expect.poll(() => page.locator('[role=option]').nth(3).getAttribute('aria-selected')).toBe('true')
  })

  test('a cell shows its program, waits, calls and output, and changes while it is watched', async () => {
    const calls = range(3).map((index) => call(index, now, { sessionId: 'support-0', cellId: '0' }))
    await using server = await startFixtureConsole({ cells: [cell(0, now)], calls })
    await using opened = await openConsole(browser, `${server.url}#cells?session=support-0&cell=0`)
    const { page, errors } = opened
    await page.getByText('a decision about tools.send_mail').first().waitFor()
    await expect.poll(() => page.locator('.source .highlighted').getAttribute('data-line')).toBe('9')
    await page.getByRole('button', { name: 'list_invoices' }).click()
    await page.getByText('"m-1"').waitFor()
    await expect.poll(() => page.getByLabel('Output text').textContent()).toBe('Read 3 overdue invoices')
    await expect.poll(() => page.getByRole('link', { name: 'Open the trace' }).getAttribute('href')).toBe('/trace/0/')
    server.change({ cells: [cell(0, now, { status: 'completed', waits: [], lines: [], endedAt: now })] })
    await page.locator('.detail-head').getByText('completed').waitFor()
    await expect.poll(() => page.locator('.source .highlighted.line[aria-current]').count()).toBe(0)
    await expect.poll(() => page.getByText('"m-1"').isVisible()).toBe(true)
    expect(errors).toEqual([])
  })

  test('a node that dies while it is watched is shown as dead', async () => {
    const nodes = range(2).map((index) => node(index, now))
    await using server = await startFixtureConsole({ nodes })
    await using opened = await openConsole(browser, `${server.url}#nodes`)
    const { page } = opened
    await page.getByRole('row', { name: 'node-1' }).getByText('✓alive').waitFor()
    server.state.nodes = nodes.map((each, index) => (index === 1 ? { ...each, isAlive: false } : each))
    server.send({ type: 'nodes', nodes: server.state.nodes })
    await page.getByRole('row', { name: 'node-1' }).getByText('dead: its lease is over').waitFor()
  })

  test('the page states a lost connection, keeps its contents and connects again', async () => {
    await using server = await startFixtureConsole({ cells: range(20).map((index) => cell(index, now)) })
    await using opened = await openConsole(browser, server.url)
    const { page } = opened
    await page.getByText('● live').waitFor()
    await server.stop()
    await page.getByText('The connection to the server was lost').waitFor()
    await page.getByText('20 cells').waitFor()
    server.state.cells.unshift(cell(1, now, { cellId: 'later', startedAt: now + 5 }))
    await server.start()
    await page.getByText('● live').waitFor()
    await page.getByText('21 cells').waitFor()
  })

  test('a token in the address logs in and leaves the address; the login ends with "Log out"', async () => {
    await using server = await startFixtureConsole({ token: 'secret-token', sessions: [session(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#sessions?token=secret-token`)
    const { page, requests } = opened
    await page.getByText('1 session', { exact: true }).waitFor()
    expect(page.url()).toBe(`${server.url}#sessions`)
    await expect
      .poll(() => page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie])'))
      .not.toContain('secret')
    expect(requests.filter((url) => url.includes('secret') && !url.includes('#'))).toEqual([])
    await page.reload()
    await page.getByText('1 session', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('The token is wrong').waitFor()
    await page.getByLabel('Token').fill('secret-token')
    await page.getByLabel('Your name').fill('Ada')
    await page.keyboard.press('Enter')
    await page.getByText('1 session', { exact: true }).waitFor()
    expect(server.state.posts.at(-1)?.body).toEqual({ token: 'secret-token', name: 'Ada' })
    server.send({ type: 'logged_out' })
    await page.getByText('Your login has ended').waitFor()
  })

  test('a login that can only read sees everything and decides nothing', async () => {
    const user = me({ scopes: ['read'] })
    const pending = [pendingCell(0, now)]
    await using server = await startFixtureConsole({ user, pending, cells: [cell(0, now)], calls: [call(1, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page } = opened
    await page.getByText('You can read only').waitFor()
    const buttons = ['Allow these 2 calls', 'Allow this call', 'Deny…', 'Allow more…']
    for (const name of buttons) await page.getByRole('button', { name }).first().click({ force: true })
    await page.goto(`${server.url}#cells?session=support-0&cell=0`)
    await page.getByRole('button', { name: 'Terminate…' }).click({ force: true })
    await page.goto(`${server.url}#ledger?session=support-1&call=key-1`)
    await page.getByRole('button', { name: 'It happened…' }).click({ force: true })
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    expect(server.state.posts).toEqual([])
  })

  test('an unknown call is settled after a confirmation', async () => {
    await using server = await startFixtureConsole({ calls: range(10).map((index) => call(index, now)) })
    await using opened = await openConsole(browser, `${server.url}#ledger`)
    const { page, errors } = opened
    await page.locator('[role=option]').first().click()
    await page.getByLabel('Result that the program receives').fill('not json')
    await page.getByText('This is not JSON').waitFor()
    await page.getByRole('button', { name: 'It happened…' }).click({ force: true })
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    await page.getByLabel('Result that the program receives').fill('{"id":"m-7"}')
    await page.getByLabel('Note for the record').fill('seen in the outbox')
    await page.getByRole('button', { name: 'It happened…' }).click()
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Cancel')
    await page.getByRole('dialog').getByRole('button', { name: 'It happened' }).click()
    await page.getByText('Ada stated that it happened').waitFor()
    expect(server.state.posts).toMatchObject([
      {
        path: '/api/settle',
        body: { key: 'key-1', settlement: { type: 'happened', result: '{"id":"m-7"}', note: 'seen in the outbox' } },
      },
    ])
    await page.getByText('1 call', { exact: true }).waitFor()
    expect(errors).toEqual([])
  })

  test('a cell is terminated, and calls are reverted, after a confirmation', async () => {
    const ended = cell(5, now)
    await using server = await startFixtureConsole({ cells: [cell(0, now), ended] })
    await using opened = await openConsole(browser, `${server.url}#cells?session=support-0&cell=0`)
    const { page } = opened
    await page.getByRole('button', { name: 'Terminate…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    expect(server.state.posts).toEqual([])
    await page.getByRole('button', { name: 'Terminate…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click()
    await page.getByText('The termination is requested').first().waitFor()
    await page.goto(`${server.url}#cells?session=${ended.sessionId}&cell=${ended.cellId}`)
    await page.getByRole('button', { name: 'Revert the calls of the cell…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revert' }).click()
    await page.getByText('1 of 2 calls reverted').waitFor()
    expect(server.state.posts.map(({ path }) => path)).toEqual(['/api/terminate', '/api/revert'])
  })
})
