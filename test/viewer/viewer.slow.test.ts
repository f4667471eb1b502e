import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveTraceView } from '../../src/trace-view.ts'
import { everyTool } from '../trace/recorder/record-everything.ts'
import { record } from '../trace/recorder/recorded.ts'
import { expectFewElements } from './large-trace.ts'
import { hasChromium, launchBrowser, open, withoutChromium } from './open-viewer.ts'

let browser: Browser

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe.skipIf(!hasChromium)(`the viewer with large traces${withoutChromium}`, () => {
  test('a trace with 2,000 cells and 15,000 calls has few elements', async () => {
    await expectFewElements(browser, { cells: 2000, calls: 15_000 })
  })

  test('a bundle of 20,000 events is served, searched and read', async () => {
    const program = `
      await Promise.all(Array.from({ length: 100 }, (_, index) => tools.echo({ index })))
      text('done')`
    const { directory, state, warnings } = await record({ tools: everyTool }, async ({ model, recorder }) => {
      for (let index = 0; index < 100; index++) {
        await model.exec.call(program, { callId: `call-${index}` })
        await recorder.flush()
      }
    })
    expect(warnings).toEqual([])
    expect(Object.keys(state.tool_calls)).toHaveLength(10_100)
    await using server = await serveTraceView({ directory })
    const { page, errors } = await open(browser, server.url)
    await page.keyboard.press('/')
    await page.getByRole('searchbox').fill('echo "index":77')
    await page.getByRole('status').filter({ hasText: '100 results' }).waitFor()
    await page.getByRole('option').nth(3).click()
    expect(await page.getByLabel('Input text').textContent()).toBe('{"index":77}')
    expect(errors).toEqual([])
  })
})
