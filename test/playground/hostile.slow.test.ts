import { deflateRawSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import {
  editorOf,
  openPlayground,
  outputOf,
  runProgram,
  servePlayground,
  showTab,
  write,
  run,
} from './open-playground.ts'

const markup = '<img src=x onerror="document.title = 1"><script>document.title = 2</script><b>bold</b>'

function fragmentOf(source: string | Buffer, tools = ''): string {
  return `#program=${deflateRawSync(source).toString('base64url')}${tools}`
}

describe.skipIf(!hasChromium)(`hostile programs and links in Chromium${withoutChromium}`, () => {
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

  test('the program of a link is shown, and does not run', async () => {
    const source = `text("ran")\n// ${markup}\n`
    await using playground = await openPlayground(browser, `${served.url}${fragmentOf(source, '&tools=weather,nope')}`)
    const { page, requests, errors } = playground
    await page.getByText('This program came with a link').waitFor()
    await expect
      .poll(() => editorOf(page).locator('.cm-line').allTextContents())
      .toEqual(['text("ran")', `// ${markup}`, ''])
    await showTab(page, 'Tools')
    await expect.poll(() => page.getByRole('checkbox', { name: 'Weather' }).isChecked()).toBe(true)
    await expect.poll(() => page.getByRole('checkbox', { name: 'Orders' }).isChecked()).toBe(false)
    await page.getByText(/^No type errors$/).waitFor({ timeout: 60_000 })
    await showTab(page, 'Run')
    await page.getByText('Press Run to start the program').waitFor()
    // A program that ran would have loaded the engine.
    expect(requests.filter((address) => address.endsWith('.wasm'))).toEqual([])
    await expect.poll(() => page.title()).toBe('codecell playground')
    expect(errors).toEqual([])
  })

  test('a link that is made in the page opens the same program', async () => {
    await using first = await openPlayground(browser, served.url)
    await first.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const source = 'const city: string = "Zürich 😀"\ntext(city) // \u202e'
    await write(first.page, source)
    await first.page.getByRole('button', { name: 'Share' }).click()
    await first.page.getByText('Link copied').waitFor()
    const link = await first.page.evaluate<string>('navigator.clipboard.readText()')
    expect(link.startsWith(`${served.url}#program=`)).toBe(true)
    await using second = await openPlayground(browser, link)
    expect((await runProgram(second.page, source)) && (await outputOf(second.page))).toEqual(['Zürich 😀'])
    await using third = await openPlayground(browser, link)
    expect((await editorOf(third.page).locator('.cm-line').allTextContents())[0]).toBe(
      'const city: string = "Zürich 😀"',
    )
    // An invisible change of the direction is visible.
    await expect.poll(() => third.page.locator('.cm-specialChar').count()).toBe(1)
  })

  test.each([
    ['data that is damaged', '#program=%%%', 'expected a program, got damaged data'],
    ['other data', '#program=AAAA', 'expected a program, got damaged data'],
    ['text that is not UTF-8', fragmentOf(Buffer.from([0xff, 0xfe])), 'expected a program, got damaged data'],
    ['a program that is too long', fragmentOf('a'.repeat(30_000_000)), 'expected a program of at most 262144 bytes'],
    ['a long fragment', `#program=${'A'.repeat(70_000)}`, 'expected at most 65536 characters'],
  ])('a link with %s is refused', async (_, fragment, reason) => {
    await using playground = await openPlayground(browser, `${served.url}${fragment}`)
    const { page } = playground
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toContain(`Cannot open the program of the link: ${reason}`)
    expect(await runProgram(page, 'text(1)')).toBe('Completed')
  })

  test('markup in outputs, inputs, results and errors stays text', async () => {
    await using playground = await openPlayground(browser, served.url)
    const { page, errors } = playground
    const source = `const markup = ${JSON.stringify(markup)}
text(markup); notify(markup); store(markup, markup)
await tools.files_write({ path: markup, content: markup })
text(await tools.files_read({ path: markup }))
await tools.orders_get({ id: markup }).catch(() => 0)
throw new Error(markup)`
    expect(await runProgram(page, source)).toBe('Failed')
    await expect.poll(() => outputOf(page)).toEqual([markup, markup, markup])
    for (const call of await page.locator('.pg-call-name').all()) await call.click()
    await showTab(page, 'What the model reads')
    await showTab(page, 'Run')
    await expect.poll(() => page.locator('.pg-panel').locator('b, script, img').count()).toBe(0)
    await expect.poll(() => page.title()).toBe('codecell playground')
    expect(errors).toEqual([])
  })

  test('invisible characters of an approval and an output are written as code points', async () => {
    await using playground = await openPlayground(browser, served.url)
    const { page } = playground
    await write(page, 'text("a\\u202eb"); await tools.mail_send({ to: "evil\\u202e@x", subject: "\\u200b", body: "" })')
    await run(page)
    const approval = page.getByRole('group', { name: 'Approval of mail_send' })
    await expect.poll(() => approval.textContent()).toContain(String.raw`evil\u{202e}@x`)
    await expect.poll(() => outputOf(page)).toEqual([String.raw`a\u{202e}b`])
  })

  test.each([
    ['a remote image', 'image("https://example.com/x.png")'],
    ['a request', 'fetch("https://example.com")'],
    ['an import', 'await import("https://example.com/x.js")'],
    ['a worker', 'new Worker("https://example.com/x.js")'],
    ['the page', 'globalThis.document.title = "x"; self.postMessage(1)'],
    [
      'an SVG with a script',
      'image("data:image/svg+xml;base64," + "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjxzY3JpcHQ+ZmV0Y2goIi94Iik8L3NjcmlwdD48L3N2Zz4=")',
    ],
  ])('a program reaches nothing with %s', async (_, source) => {
    await using playground = await openPlayground(browser, served.url)
    const { page, requests } = playground
    await runProgram(page, source)
    expect(requests.filter((address) => !address.startsWith(served.url) && !address.startsWith('data:'))).toEqual([])
    await expect.poll(() => page.title()).toBe('codecell playground')
  })

  test('a program that prints without end does not fill the page', async () => {
    await using playground = await openPlayground(browser, served.url)
    const { page } = playground
    expect(
      await runProgram(
        page,
        'for (let i = 0; i < 20000; i++) text("line " + i); for (let i = 0; i < 3000; i++) void tools.files_list({})',
      ),
    ).toMatch(/^(?:Completed|Failed)$/)
    await expect.poll(() => page.locator('.pg-entry').count()).toBeLessThanOrEqual(1000)
    await page.getByText(/\d+ more items are not shown/).waitFor()
    await expect.poll(() => page.locator('*').count()).toBeLessThan(15_000)
  })

  test('a program with types that take forever does not block the page', async () => {
    await using playground = await openPlayground(browser, served.url)
    const { page } = playground
    await page.getByText(/^No type errors$/).waitFor({ timeout: 60_000 })
    const busy = `type N<A extends 0[], R extends 0[] = []> = R['length'] extends 900 ? R : N<A, [...R, 0]>
type M<D extends 0[] = []> = D['length'] extends 900 ? D : [N<D>, M<[...D, 0]>]
const value: M = null as any
text(value)`
    await write(page, busy)
    await page.keyboard.press('End')
    expect(await runProgram(page, 'text("free")')).toBe('Completed')
  })
})
