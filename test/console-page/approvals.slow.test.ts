import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecideRequest } from '../../src/console/api.ts'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { startFixtureConsole, type FixtureConsole } from './fixture-console.ts'
import { pendingCell } from './fixture-data.ts'
import { openConsole } from './open-console.ts'

let browser: Browser
const now = Date.now()

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.textContent')

const decisions = ({ state }: FixtureConsole): unknown[] =>
  state.posts.filter(({ path }) => path === '/api/decide').map(({ body }) => body)

describe.skipIf(!hasChromium)(`approvals in the console in Chromium${withoutChromium}`, () => {
  test('a keyboard decides about a call, and no key decides without its button', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page, errors } = opened
    await page.getByText('3 calls waiting').waitFor()
    await page.keyboard.press('j')
    await expect.poll(() => focused(page)).toContain('2 calls of tools.send_mail from line 9')
    for (const key of ['Enter', ' ', 'y', 'a', 's', 'n', '3', 'Delete']) await page.keyboard.press(key)
    expect(decisions(server)).toEqual([])
    while ((await focused(page)) !== 'Allow these 2 calls') await page.keyboard.press('Tab')
    await page.keyboard.down('Enter')
    await page.keyboard.down('Enter')
    await page.keyboard.press('Enter')
    await page.getByText('you allowed this call').first().waitFor()
    await expect.poll(() => focused(page)).toMatch(/^Allow/)
    await page.keyboard.press('Enter')
    await page.keyboard.press('j')
    await expect.poll(() => focused(page)).toContain('1 call of tools.note from line 9')
    while ((await focused(page)) !== 'Deny…') await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    while ((await page.evaluate('document.activeElement.type')) !== 'text') await page.keyboard.press('Tab')
    await page.keyboard.type('jk? not this one')
    await page.keyboard.press('Tab')
    await expect.poll(() => focused(page)).toBe('Deny this call')
    await page.keyboard.press('Enter')
    await page.getByText('you denied it: jk? not this one').first().waitFor()
    const sent: readonly Partial<DecideRequest>[] = [
      {
        sessionId: 'support-0',
        calls: [1, 2].map((number) => ({
          key: `approval-0-${number}`,
          inputHash: `hash-0-${number}`,
          toolDigest: 'digest',
        })),
        decision: { type: 'allow' },
      },
      { decision: { type: 'deny', reason: 'jk? not this one' } },
    ]
    expect(decisions(server)).toMatchObject(sent)
    await page.getByText('Nothing waits for a decision').waitFor()
    expect(errors).toEqual([])
  })

  test('a grant names its calls and refuses a number that does not cover the shown ones', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page } = opened
    await page.getByRole('button', { name: 'Allow more…' }).first().click()
    for (const bad of ['1', '0', '-3', '2.5', '10001', 'x', '']) {
      await page.getByLabel('Calls in this cell').fill(bad)
      await page.getByRole('button', { name: 'Allow calls in this cell' }).click({ force: true })
    }
    expect(decisions(server)).toEqual([])
    await page.getByLabel('Calls in this cell').fill('25')
    await page.getByRole('button', { name: 'Allow up to 25 calls of send_mail in this cell' }).dblclick()
    await page.getByRole('button', { name: 'Allow more…' }).nth(1).click()
    await page.getByRole('button', { name: 'Allow all calls of note in this session' }).dblclick()
    await page.getByText('Nothing waits for a decision').waitFor()
    expect(decisions(server)).toMatchObject([
      { decision: { type: 'allow_in_cell', calls: 25 } },
      { decision: { type: 'allow_in_session' } },
    ])
  })

  test('a decision of another approver keeps focus, typed reason and positions, and is announced', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now), pendingCell(1, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page, errors } = opened
    await page.getByRole('button', { name: 'Deny…' }).first().click()
    const reason = page.getByLabel('Reason for the program')
    await reason.fill('ask Ann first')
    const lower = page.getByRole('article').nth(1)
    const before = await lower.boundingBox()
    server.decideAs('Grace', 'approval-0-1', { state: 'denied', decision: 'deny', reason: 'already paid' })
    await page.getByText('denied by Grace: already paid').first().waitFor()
    await page.getByRole('button', { name: 'Deny this call' }).first().waitFor()
    server.decideAs('Linus', 'approval-0-2')
    await page.locator('.outcome', { hasText: 'allowed by Linus' }).first().waitFor()
    await expect.poll(() => reason.inputValue()).toBe('ask Ann first')
    await expect.poll(() => page.evaluate('document.activeElement.value')).toBe('ask Ann first')
    const after = await lower.boundingBox()
    expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(60)
    await page.locator('[data-announcer]', { hasText: 'allowed by Linus' }).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Deny this call' }).first().click({ force: true })
    expect(decisions(server)).toEqual([])
    expect(errors).toEqual([])
  })

  test('a decision that comes second shows the first one', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page } = opened
    await page.getByText('3 calls waiting').waitFor()
    // The page does not know it when it decides.
    const [first] = server.state.pending
    server.state.pending = []
    for (const { key, callId, identifier, askedAt } of first?.groups[1]?.calls ?? []) {
      const decided = {
        state: 'denied',
        decision: 'deny',
        grantedCalls: null,
        reason: 'no',
        decidedBy: 'Grace',
      } as const
      const reference = { sessionId: 'support-0', cellId: '0', callId, key, identifier, askedAt, decidedAt: now }
      server.state.decisions.push({ ...reference, ...decided })
    }
    await page.getByRole('button', { name: 'Allow this call' }).click()
    await page.locator('.outcome', { hasText: 'denied by Grace: no' }).waitFor()
  })

  test('new calls arrive at the end, are announced in every view, and are in the title', async () => {
    await using server = await startFixtureConsole({ pending: [] })
    await using opened = await openConsole(browser, `${server.url}#nodes`)
    const { page } = opened
    await page.getByText('● live').waitFor()
    server.state.pending.push(pendingCell(0, now))
    server.change({ approvals: true })
    await page
      .locator('[data-announcer]', { hasText: 'New pending calls: 2 calls of tools.send_mail from line 9 in cell 0' })
      .waitFor({ state: 'attached' })
    await expect.poll(() => page.title()).toBe('(3) codecell console')
    await page.getByRole('button', { name: /^Approvals/ }).click()
    await page.getByRole('button', { name: 'Deny…' }).first().click()
    const top = await page.getByRole('article').first().boundingBox()
    server.state.pending.unshift(pendingCell(1, now))
    server.change({ approvals: true })
    await page.getByText('6 calls waiting').waitFor()
    await expect.poll(() => page.getByRole('article').first().boundingBox()).toEqual(top)
    await expect
      .poll(() => page.getByRole('article').nth(1).getByRole('heading', { level: 3 }).textContent())
      .toContain('cell 8')
  })

  test('a decision that could not be sent is sent again with the same id', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page } = opened
    await page.getByText('3 calls waiting').waitFor()
    let failures = 0
    const ids: unknown[] = []
    await page.route('**/api/decide', async (route) => {
      ids.push(route.request().postDataJSON().requestId)
      failures++
      await (failures === 1 ? route.abort() : route.continue())
    })
    await page.getByRole('button', { name: 'Allow these 2 calls' }).click()
    await page.getByText('The server does not respond').waitFor()
    await page.getByRole('button', { name: 'Send the decision again' }).click()
    await page.locator('.outcome', { hasText: 'you allowed this call' }).waitFor()
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(ids[1])
  })

  test('"Show everything" shows whole inputs and the whole program', async () => {
    await using server = await startFixtureConsole({ pending: [pendingCell(0, now)] })
    await using opened = await openConsole(browser, `${server.url}#approvals`)
    const { page } = opened
    await expect.poll(() => page.getByText('Please pay soon. Please pay soon. Please pay soon.').count()).toBe(0)
    await page.getByRole('button', { name: 'Show everything' }).click()
    await page.getByText('Please pay soon. Please pay soon. Please pay soon.').first().waitFor()
    await expect.poll(() => page.getByLabel('The complete program').textContent()).toContain('Reminds each customer')
  })
})
