import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleGroups } from '../../playground/src/samples/sample-groups.ts'
import { annToken, readerToken, startConsole } from '../console/console-client.ts'
import { openConsole, type OpenedConsole } from '../console-page/open-console.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { editorOf, outputOf, problemsOf, run, runProgram, showTab, statusAtEnd, write } from './open-playground.ts'

const tools = sampleGroups.flatMap(({ id, tools: samples }) => samples.map(({ tool }) => ({ ...tool, server: id })))

describe.skipIf(!hasChromium)(`the playground of the console in Chromium${withoutChromium}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(async () => await browser.close())

  async function opened(token: string = annToken): Promise<OpenedConsole & { readonly url: string }> {
    const server = await startConsole({ storage: newFolder(), tools, runOptions: { hosts: sharedHosts('default') } })
    return { ...(await openConsole(browser, `${server.url}#playground?token=${token}`)), url: server.url }
  }

  test('a program is checked in the page and runs on the server, which requests nothing elsewhere', async () => {
    await using playground = await opened()
    const { page, requests, errors, url } = playground
    await editorOf(page).waitFor()
    // The first program lists the tools.
    await run(page)
    expect(await statusAtEnd(page)).toBe('Completed')
    expect((await outputOf(page)).join('')).toContain('orders_get')
    await write(page, 'const order = await tools.orders_get({ id: "A-2" })\ntext(order.price)\ntext(order.customer)')
    expect(await problemsOf(page, /^1 error$/)).toEqual([expect.stringMatching(/^2:12 error Property 'price'/)])
    await run(page)
    expect(await statusAtEnd(page)).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['undefined', 'Grace'])
    const calls = page.getByRole('region', { name: 'Calls' })
    await calls.getByRole('button', { name: 'Go to line 1' }).click()
    await calls.getByRole('button', { name: 'orders_get' }).click()
    await expect.poll(() => calls.locator('.pg-call-detail pre').first().textContent()).toBe('{\n  "id": "A-2"\n}')
    expect(requests.filter((address) => !address.startsWith(url) && !address.startsWith('data:'))).toEqual([])
    // Chromium gives elements a style attribute while it edits, and the policy of the console blocks it.
    expect(errors.filter((error) => !error.startsWith('Applying inline style'))).toEqual([])
  })

  test('a call waits for its approval in the playground', async () => {
    await using playground = await opened()
    const { page } = playground
    await editorOf(page).waitFor()
    await write(page, 'const a = await tools.mail_send({ to: "a", subject: "b", body: "c" })\ntext(a.id.slice(0, 4))')
    await run(page)
    const approval = page.getByRole('group', { name: 'Approval of mail_send, tool-1' })
    await approval.getByText('"subject": "b"').waitFor()
    await approval.getByRole('button', { name: 'Approve' }).click()
    expect(await statusAtEnd(page)).toBe('Completed')
    await expect.poll(() => outputOf(page)).toEqual(['mail'])
    await page.getByRole('button', { name: 'mail_send' }).click()
    await page.locator('.pg-call-detail').getByText('"subject": "b"').waitFor()
  })

  test('a program that loops is terminated, and types follow the chosen servers', async () => {
    await using playground = await opened()
    const { page } = playground
    await editorOf(page).waitFor()
    await write(page, 'text("before"); for (;;);')
    await run(page)
    await page.locator('.pg-entry').first().waitFor()
    await page.getByRole('button', { name: 'Terminate' }).click()
    expect(await statusAtEnd(page)).toBe('Terminated')
    await showTab(page, 'Tools')
    await page.getByRole('checkbox', { name: 'orders' }).uncheck()
    await write(page, 'text(await tools.orders_get({ id: "A-1" }))')
    await problemsOf(page, /^1 error$/)
    await showTab(page, 'What the model reads')
    await page.getByText('Runs a JavaScript program that calls tools').waitFor()
  })

  test.each(['light', 'dark'] as const)('axe-core finds nothing in %s', async (colorScheme) => {
    const server = await startConsole({ storage: newFolder(), tools, runOptions: { hosts: sharedHosts('default') } })
    await using playground = await openConsole(browser, `${server.url}#playground?token=${annToken}`, { colorScheme })
    const { page } = playground
    await editorOf(page).waitFor()
    expect(await runProgram(page, 'text(await tools.orders_get({ id: "A-1" }))')).toBe('Completed')
    await page.evaluate(axe.source)
    expect(
      await page.evaluate(
        `axe.run('main').then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target)))`,
      ),
    ).toEqual([])
  })

  test('a user who can only read, and a console without tools, have no playground', async () => {
    const server = await startConsole({ storage: newFolder() })
    await using other = await openConsole(browser, `${server.url}#playground?token=${annToken}`)
    await using reading = await opened(readerToken)
    for (const { page } of [other, reading]) {
      await page.getByRole('button', { name: 'Cells' }).waitFor()
      await expect.poll(() => page.getByRole('button', { name: 'Playground' }).count()).toBe(0)
    }
  })
})
