import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { inspectCell, type InspectorAddress } from '../../src/replay.ts'
import { record } from '../trace/recorder/recorded.ts'

const executablePath = '/usr/bin/chromium'
const hasChromium = existsSync(executablePath)

const source = `const first = await tools.add({ a: 1 })
function double(n) {
  return n * 2
}
text(double(first))`

describe.skipIf(!hasChromium)('the DevTools of Chromium (skipped without /usr/bin/chromium)', () => {
  test('DevTools show the cell stopped at its first line and step to its end', async () => {
    const { bundle } = await record({ tools: [{ name: 'add', call: () => 3 }] }, async ({ session }) => {
      await session.execute(source)
    })
    const [found] = bundle.cellLogs()
    if (found === undefined) throw new Error('there is no record')
    const { promise: address, resolve } = Promise.withResolvers<InspectorAddress>()
    const end = inspectCell(bundle, found, { port: 0, onListening: resolve })
    const { context, port } = await launchWithDevTools()
    const page = await context.newPage()
    const socket = await relayTo((await address).webSocketUrl)
    await page.goto(`http://127.0.0.1:${port}/devtools/js_app.html?v8only=true&ws=${socket}`)
    await page.getByText('Debugger paused').waitFor()
    const line = (text: string): Promise<void> => page.locator('.cm-executionLine', { hasText: text }).waitFor()
    await line('const first = await tools.add({ a: 1 })')
    await page.keyboard.press('F10')
    await line('text(double(first))')
    await page.keyboard.press('F11')
    await line('return n * 2')
    await page.keyboard.press('F8')
    expect(await end).toEqual({ type: 'same', events: 4 })
  })
})

/** Launches a browser that serves its DevTools as pages: a headless browser does not open them at their own address. */
async function launchWithDevTools(): Promise<{ readonly context: BrowserContext; readonly port: string }> {
  const profile = mkdtempSync(join(tmpdir(), 'codecell-devtools-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    viewport: { width: 1400, height: 900 },
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--remote-debugging-port=0'],
  })
  onTestFinished(async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  })
  const [port = ''] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  return { context, port }
}

/** Forwards messages without the origin: as pages, these DevTools have the origin of a page, which the inspector rejects. */
async function relayTo(url: string): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => server.close())
  server.on('connection', (page) => {
    const cell = new WebSocket(url)
    const early: string[] = []
    page.on('message', (data) => {
      const text = Buffer.isBuffer(data) ? data.toString() : ''
      if (cell.readyState === WebSocket.OPEN) cell.send(text)
      else early.push(text)
    })
    cell.on('open', () => {
      for (const text of early) cell.send(text)
    })
    cell.on('message', (data) => page.send(Buffer.isBuffer(data) ? data.toString() : ''))
    cell.on('close', () => page.close())
    cell.on('error', () => page.close())
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}/cell` : ''
}
