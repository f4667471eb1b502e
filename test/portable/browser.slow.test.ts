import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchBrowser, withoutChromium } from '../viewer/open-viewer.ts'
import { openPage } from './open-page.ts'

describe.runIf(hasChromium)(`codecell/portable in Chromium${withoutChromium}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  /** Runs a check of `page/page.js`. */
  async function check(name: string, input = ''): Promise<unknown> {
    await using opened = await openPage(browser)
    return await opened.page.evaluate<unknown>(`checks.${name}(${JSON.stringify(input)})`)
  }

  test('a session in a worker runs a cell with tools', async () => {
    expect(await check('firstCell')).toEqual({ lines: ['42'], firstCellMs: expect.any(Number) })
  })

  test('cells yield, wait, store values and load retained output', async () => {
    expect(await check('waiting')).toEqual([
      'a',
      '20',
      '{"list":[1,2]}',
      expect.stringContaining('load("output:3")'),
      '2000',
    ])
  })

  test('a program that loops ends at its CPU limit, and its neighbor completes', async () => {
    expect(await check('cpuLimit')).toEqual([
      { type: 'failed', limit: 'cpu_ms', lines: ['1', '2'] },
      { type: 'completed', limit: null, lines: ['6'] },
    ])
  })

  test.each([
    ['loops', 'text("shown"); for (;;);'],
    [
      'is in a builtin without checks',
      'text("shown"); await null; Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    ],
  ])('a program that %s is terminated with its worker, and its neighbor resumes on another one', async (_, source) => {
    expect(await check('termination', source)).toMatchObject({
      shown: ['shown'],
      ended: 'Script terminated',
      lines: ['before', 'after'],
      again: ['next'],
      isFree: true,
    })
  })

  test('a program whose worker falls silent fails, and its neighbor resumes', async () => {
    const source = 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'
    expect(await check('silence', source)).toMatchObject({ type: 'failed', lines: ['before', 'after'] })
  })

  test('strings and globals of a hostile program stay inside of its cell', async () => {
    expect(await check('hostileContent')).toMatchObject({
      type: 'completed',
      lines: expect.arrayContaining([
        'true',
        'undefinedundefinedundefinedundefinedundefined',
        '</script><script>alert(1)</script>',
      ]),
      isSame: true,
    })
  })

  test('a session runs on the thread of the page', async () => {
    expect(await check('onThisThread')).toEqual(['6', '6'])
  })

  test('a worker that does not load is reported', async () => {
    expect(await check('brokenWorker')).toMatch(/^HOST_START_FAILED: Cannot start a host: its worker failed/)
  })
})
