import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { annToken, startConsole } from '../console/console-client.ts'
import { newFolder } from '../support/folder.ts'
import { sharedHosts } from '../support/hosts.ts'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { openConsole } from './open-console.ts'

let browser: Browser

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe.skipIf(!hasChromium)(`the playground of the console in Chromium${withoutChromium}`, () => {
  test('a program is written and runs on the server, under the policy of the page', async () => {
    const tools = [{ name: 'greet', annotations: { readOnlyHint: true }, call: () => 'hello from the server' }]
    const hosts = sharedHosts('in-process')
    const server = await startConsole({ storage: newFolder(), tools, runOptions: { hosts } })
    await using opened = await openConsole(browser, server.loginUrl(annToken))
    const { page, errors, requests } = opened
    await page.getByRole('button', { name: 'Playground' }).click()
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('text(await tools.great({}))')
    await page.getByText("Property 'great' does not exist").first().waitFor({ timeout: 120_000 })
    await page.keyboard.press('Control+a')
    await page.keyboard.type('text(await tools.greet({}))')
    await page.keyboard.press('Control+Enter')
    await page.getByText('hello from the server').first().waitFor()
    expect(
      await page.evaluate(
        `getComputedStyle(document.querySelector('.pg-editor').shadowRoot.querySelector('.cm-content')).whiteSpace`,
      ),
    ).toMatch(/pre|break-spaces/)
    expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([])
    // Chromium itself keeps the style of a replaced selection, which the policy refuses.
    expect(errors.filter((error) => !error.startsWith('Applying inline style'))).toEqual([])
  })
})
