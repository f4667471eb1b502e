import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { startFixtureConsole, type FixtureConsole } from './fixture-console.ts'
import { call, cell, me, node, pendingCell } from './fixture-data.ts'
import { openConsole } from './open-console.ts'

let browser: Browser
const now = Date.now()

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const attack =
  '<script>globalThis.attacked = 1</script><img src=x onerror="globalThis.attacked = 1">' +
  '<style>*{display:none}</style><a href="javascript:attacked=1">link</a>"onfocus="attacked=1'
const invisible = 'a\u202Eb\u200Bc\u001B[31md\u0000e'
const hostile = `${attack} ${invisible}`
const huge = `${hostile} ${'x'.repeat(2_000_000)}`

/** Returns a server that has hostile strings in every member that a program, a tool or a user can choose. */
async function startHostile(): Promise<FixtureConsole> {
  const sessionId = `${hostile}/../#%`
  const ids = { sessionId, cellId: hostile }
  const owner = { pid: null, node: hostile, address: hostile, isAlive: true }
  const waits = [{ type: 'person', callId: hostile, identifier: hostile, since: now }] as const
  const shown = {
    shown: huge.slice(0, 60_000),
    input: JSON.stringify({ [hostile]: hostile, nested: [huge.slice(0, 20_000)] }),
  }
  const pending = pendingCell(0, now, ids)
  return await startFixtureConsole({
    user: me({ name: hostile, source: hostile }),
    cells: [
      cell(0, now, {
        ...ids,
        waits,
        title: hostile,
        source: `${hostile}\n${huge}`,
        errorText: huge,
        owner,
        lines: [1, 2],
      }),
    ],
    sessions: [
      { type: 'unreadable', id: hostile, tenant: hostile, error: { code: 'X', message: hostile, advice: hostile } },
    ],
    calls: [
      call(1, now, { ...ids, identifier: hostile, inputStart: hostile, note: huge, key: hostile, location: null }),
    ],
    pending: [
      {
        ...pending,
        source: { text: `${hostile}\n${huge}`, bytes: 3_000_000, isComplete: false },
        groups: pending.groups.map((group) => ({
          ...group,
          title: hostile,
          identifier: hostile,
          calls: group.calls.map((each) => ({ ...each, ...shown, identifier: hostile })),
        })),
      },
    ],
    nodes: [{ ...node(0, now), node: hostile, address: hostile, build: hostile }],
  })
}

describe.skipIf(!hasChromium)(`hostile content in the console in Chromium${withoutChromium}`, () => {
  test('the policy of the page allows its own script only, and requests to its own server', () => {
    const page = readFileSync(new URL('../../dist/console/index.html', import.meta.url), 'utf8')
    const policy = /http-equiv="content-security-policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^' ]+'; /)
    expect(policy).toContain("connect-src 'self'")
    expect(policy).not.toContain('unsafe-eval')
  })

  test('scripts, markup and invisible characters are text in every view', async () => {
    await using server = await startHostile()
    const [first] = server.state.cells
    const session = first?.sessionId ?? ''
    const query = (parts: Record<string, string>): string => new URLSearchParams(parts).toString()
    const views = [
      '#cells',
      `#cells?${query({ session, cell: first?.cellId ?? '' })}`,
      '#sessions',
      `#sessions?${query({ session: hostile })}`,
      '#approvals',
      '#ledger?filter=all',
      `#ledger?${query({ session, call: hostile })}`,
      '#nodes',
      '#charts',
      `#${attack}`,
    ]
    await using opened = await openConsole(browser, server.url)
    const { page, errors, requests } = opened
    for (const view of views) {
      await page.goto('about:blank')
      await page.goto(server.url + view)
      await page.getByText('● live').waitFor()
      await page.locator('.console-main', { hasNotText: 'Loading…' }).waitFor()
      if (view === '#approvals') await page.getByRole('button', { name: 'Show everything' }).click()
      const text = await page.locator('body').innerText()
      expect(
        ['\u202E', '\u200B', '\u001B', '\u0000'].filter((each) => text.includes(each)),
        view,
      ).toEqual([])
      expect(await page.evaluate('globalThis.attacked'), view).toBeUndefined()
      expect(
        await page.locator('.console-main').locator('script, style, img, iframe, a[href^="javascript"]').count(),
      ).toBe(0)
      expect(await page.evaluate('document.body.innerText.length'), view).toBeLessThan(150_000)
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${view} fits`).toBe(true)
    }
    await page.goto(`${server.url}#approvals`)
    await expect.poll(() => page.locator('body').innerText()).toContain('⟨U+202E⟩')
    expect(errors).toEqual([])
    expect(requests.filter((url) => !url.startsWith(server.url) && url !== 'about:blank')).toEqual([])
  })

  test('an injected script does not run', async () => {
    await using server = await startFixtureConsole()
    await using opened = await openConsole(browser, server.url)
    const { page, errors } = opened
    await page.getByText('● live').waitFor()
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'globalThis.attacked = 1'
      document.body.append(script)
    }`)
    await expect.poll(() => page.evaluate('globalThis.attacked')).toBeUndefined()
    expect(errors.join()).toContain('Content Security Policy')
  })
})
