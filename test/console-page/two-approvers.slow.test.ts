import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createSession, readSession, type Session, type SessionOptions } from '../../src/index.ts'
import type { ConsoleServer } from '../../src/console.ts'
import { annToken, boToken, readerToken, startConsole } from '../console/console-client.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { openConsole } from './open-console.ts'

let browser: Browser
const hosts = sharedHosts('in-process')

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

type Opened = {
  readonly server: ConsoleServer
  readonly session: Session
  readonly storage: string
  readonly sent: unknown[]
}

/** Opens a stored session with a tool that needs approval, and the console over its folder. */
async function open(options: SessionOptions = {}): Promise<Opened> {
  const storage = newFolder()
  const sent: unknown[] = []
  const mail = {
    name: 'send_mail',
    needsApproval: 'ask' as const,
    annotations: { destructiveHint: true },
    call: (input: unknown) => {
      sent.push(input)
      return 'sent'
    },
  }
  const tools = [mail, { name: 'slow', call: async () => await new Promise<never>(() => {}) }]
  const session = await createSession({
    hosts,
    storage,
    sessionId: 'support',
    tools,
    approvals: { hold: true },
    ...options,
  })
  onTestFinished(async () => await session.close())
  return { storage, session, sent, server: await startConsole({ storage, tools }) }
}

const source = `for (const to of ['ann', 'bob']) {
  try {
    text(await tools.send_mail({ to, note: '<b>\\u202E</b>' }))
  } catch (error) {
    text(error.message)
  }
}`

describe.skipIf(!hasChromium)(`the console over a real session in Chromium${withoutChromium}`, () => {
  test('two people decide at once about one call: the first counts, and both see who it was', async () => {
    const { server, session, storage, sent } = await open()
    const { cellId } = await session.execute(source)
    await using ann = await openConsole(browser, server.loginUrl(annToken))
    await using bo = await openConsole(browser, server.loginUrl(boToken))
    for (const { page } of [ann, bo]) {
      await page.getByRole('button', { name: 'Approvals 1' }).click()
      await page.getByText('1 call waiting for a decision').waitFor()
    }
    await bo.page.getByRole('button', { name: 'Deny…' }).click()
    await bo.page.getByLabel('Reason for the program').fill('not today')
    await Promise.all([
      ann.page.getByRole('button', { name: 'Allow this call' }).click(),
      bo.page.getByRole('button', { name: 'Deny this call' }).click(),
    ])
    await ann.page.getByRole('article').first().locator('.outcome').waitFor()
    await bo.page.getByRole('article').first().locator('.outcome').waitFor()
    // The loop continues with its second call, which another card shows.
    await expect.poll(() => readSession({ storage, sessionId: 'support' }).decisions.length).toBe(1)
    const [decision] = readSession({ storage, sessionId: 'support' }).decisions
    const winner = decision?.decidedBy
    const texts = await Promise.all(
      [ann, bo].map(async ({ page }) => await page.getByRole('article').first().locator('.outcome').innerText()),
    )
    const [own, other] = winner === 'Ann' ? texts : texts.toReversed()
    expect(own).toMatch(/you (?:allowed|denied)/)
    expect(other).toMatch(winner === 'Ann' ? /allowed by Ann/ : /denied by Bo: not today/)
    expect(sent).toHaveLength(winner === 'Ann' ? 1 : 0)
    await bo.page.getByRole('article').nth(1).waitFor()
    await expect.poll(() => bo.page.getByLabel('Reason for the program').first().inputValue()).toBe('not today')
    await ann.page.getByRole('article').nth(1).getByRole('button', { name: 'Allow this call' }).click()
    await bo.page.getByRole('article').nth(1).locator('.outcome', { hasText: 'allowed by Ann' }).waitFor()
    await ann.page.getByRole('button', { name: 'Cells', exact: true }).click()
    await ann.page.locator('[role=option]').first().click()
    await ann.page.locator('.detail-head', { hasText: `Cell ${cellId}` }).waitFor()
    await ann.page.locator('.detail-head .status', { hasText: /completed|finished/ }).waitFor()
    await expect.poll(() => ann.page.locator('body').innerText()).not.toContain('\u202E')
    expect([...ann.errors, ...bo.errors].filter((error) => !error.includes('409'))).toEqual([])
  })

  test('cells appear live with the line that waits, and end when they are terminated', async () => {
    const { server, session } = await open()
    await using opened = await openConsole(browser, server.loginUrl(annToken))
    const { page, errors } = opened
    await page.getByText('No cell has run').waitFor()
    const { cellId } = await session.execute("text('before')\nawait tools.slow({})", { yieldTimeMs: 1 })
    await page.locator('[role=option]').first().click()
    await page.locator('.detail-head .status', { hasText: 'waits for a tool' }).waitFor()
    await page.locator('.source [data-line="2"].highlighted').waitFor()
    await page.getByRole('button', { name: 'Terminate…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click()
    await page.locator('.detail-head .status', { hasText: /terminated|finished/ }).waitFor()
    await expect.poll(() => page.locator('.detail-head h2').innerText()).toBe(`Cell ${cellId}`)
    expect(errors).toEqual([])
  })

  test('another site can neither act nor read, and a reader cannot act', async () => {
    const { server, session } = await open()
    await session.execute(source)
    await using opened = await openConsole(browser, server.loginUrl(readerToken))
    const { page, context } = opened
    await page.getByRole('button', { name: 'Approvals 1' }).click()
    await page.getByText('You can read only').waitFor()
    await using attacker = await openConsole(browser, 'about:blank')
    await attacker.page.goto('data:text/html,<h1>another site</h1>')
    const evil = await context.newPage()
    await evil.goto(server.url.replace('127.0.0.1', 'localhost'))
    const statuses: unknown = await evil.evaluate(
      `Promise.all([
        fetch('${server.url}api/decide', { method: 'POST', body: '{}', credentials: 'include', mode: 'no-cors' }).then(() => 'sent', () => 'blocked'),
        fetch('${server.url}api/approvals', { credentials: 'include' }).then(() => 'read', () => 'blocked'),
      ])`,
    )
    expect(statuses).toEqual(['blocked', 'blocked'])
    expect(session.pendingApprovals()).toHaveLength(1)
  })
})
