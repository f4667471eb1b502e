import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createExecAndWait, createSession } from '../../src/index.ts'
import { inProcessHostPool } from '../../src/in-process.ts'
import { createTraceRecorder } from '../../src/trace.ts'
import { serveTraceView, traceViewHtml } from '../../src/trace-view.ts'
import { everyTool, recordEverything } from '../trace/record-everything.ts'
import { newFolder } from '../support/folder.ts'
import { record } from '../trace/recorded.ts'
import { referenceFolder } from '../trace/reference.ts'
import { hasChromium, launchBrowser, open, withoutChromium } from './open-viewer.ts'

const corpus = join(referenceFolder ?? '', 'trace-corpus')
const isHere = referenceFolder !== undefined
const bundles = isHere ? readdirSync(corpus).filter((name) => existsSync(join(corpus, name, 'manifest.json'))) : []

let browser: Browser

beforeAll(async () => {
  if (hasChromium) browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

function writeView(directory: string): string {
  const file = join(newFolder(), 'trace.html')
  writeFileSync(file, traceViewHtml({ directory }))
  return pathToFileURL(file).href
}

describe.skipIf(!hasChromium)(`the viewer on real bundles${withoutChromium}`, () => {
  test('a session with everything in it is shown from a file that asks for nothing', async () => {
    const { directory } = await record({ tools: everyTool }, recordEverything)
    const opened = await open(browser, writeView(directory))
    const { page } = opened
    const happened = page.getByRole('region', { name: 'What really happened' })
    expect(await happened.locator('tbody tr').count()).toBeGreaterThan(10)
    expect(await page.locator('.mark.hollow').count()).toBe(0)
    await page.getByRole('button', { name: /^Line \d+ called fails/ }).click()
    expect(await page.getByLabel('Error text').textContent()).toContain('no such thing')
    expect(opened.requests).toEqual([opened.url])
    expect(opened.errors).toEqual([])
  })

  test('a running session is followed: the second cell comes in while the first stays selected', async () => {
    await using hosts = inProcessHostPool()
    await using recorder = createTraceRecorder({ root: newFolder() })
    await using session = await createSession({ hosts, listeners: [recorder.rootThread.listen()] })
    const model = createExecAndWait(session)
    await model.exec('text("first")', { callId: 'call-1' })
    await recorder.flush()
    await using server = await serveTraceView({ directory: recorder.directory, follow: true })
    const opened = await open(browser, server.url)
    const { page } = opened
    await page.getByText('● live').waitFor()
    await model.exec('text("second")', { callId: 'call-2' })
    await page.getByRole('option', { name: 'Cell 2' }).waitFor()
    expect(await page.getByRole('heading', { level: 2 }).textContent()).toBe('Cell 1')
    const paths = new Set(opened.requests.map((url) => url.replace(server.url, '')))
    expect(paths).toEqual(new Set(['', 'data.json', 'follow']))
    expect(opened.errors).toEqual([])
    await page.context().close()
  })

  test(
    'a bundle of 20,000 events is shown by the server, searched and walked through',
    { timeout: 180_000 },
    async () => {
      const program = `
      await Promise.all(Array.from({ length: 100 }, (_, index) => tools.echo({ index })))
      text('done')`
      const { directory, state, warnings } = await record({ tools: everyTool }, async ({ model, recorder }) => {
        for (let index = 0; index < 100; index++) {
          await model.exec(program, { callId: `call-${index}` })
          await recorder.flush()
        }
      })
      expect(warnings).toEqual([])
      expect(Object.keys(state.tool_calls)).toHaveLength(10_100)
      await using server = await serveTraceView({ directory })
      const opened = await open(browser, server.url)
      const { page } = opened
      const ready = await page.evaluate<number>('performance.now()')
      const facts = (await page.locator('.facts').textContent()) ?? ''
      await page.keyboard.press('/')
      await page.getByRole('searchbox').fill('echo "index":77')
      await page.getByRole('status').filter({ hasText: '100 results' }).waitFor()
      await page.getByRole('option').nth(3).click()
      expect(await page.getByLabel('Input text').textContent()).toBe('{"index":77}')
      process.stdout.write(`${facts}: shown ${Math.round(ready)} ms after it was asked for\n`)
      expect(opened.errors).toEqual([])
      await page.context().close()
    },
  )

  test.runIf(isHere).each(bundles)('%s of the reference is shown, with each of its cells', async (name) => {
    const opened = await open(browser, writeView(join(corpus, name)))
    const { page } = opened
    for (const cell of await page.locator('.entry.cell').all()) {
      await cell.click()
      await page.getByRole('region', { name: 'Source' }).waitFor()
    }
    await page.getByRole('button', { name: 'Conversation' }).click()
    await page.getByRole('article').first().waitFor()
    expect(opened.requests).toEqual([opened.url])
    expect(opened.errors).toEqual([])
    await page.context().close()
  })
})
