import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { chromium } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const timeout = 120_000

/** Starts the chat of the example, and uses it as a user does: it approves the calls of one program, and denies those of another. */
export async function checkChatPage({ folder, env, screenshots = null }) {
  if (!existsSync(executablePath)) {
    if (env.CI === 'true') throw new Error(`expected Chromium in ${executablePath}; run scripts/chromium.sh`)
    console.log(`${executablePath} not found; the page is not checked`)
    return
  }
  const url = `http://127.0.0.1:${await freePort()}`
  // Its own process group, so that the server ends with npm.
  const server = spawn('npm', ['-s', 'start'], {
    cwd: folder,
    env: { ...env, PORT: new URL(url).port },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(server, 'exit')
  let output = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => (output += chunk))
  try {
    await Promise.race([whenReady(server), ended])
    if (server.exitCode !== null) throw new Error('the server ended')
    await useChat(url, screenshots)
  } catch (error) {
    throw new Error(`${error.message}\nOutput of the server:\n${output}`, { cause: error })
  } finally {
    if (server.exitCode === null && server.pid !== undefined) process.kill(-server.pid, 'SIGTERM')
    await ended
  }
}

async function useChat(url, screenshots) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 900, height: 1200 } })
    page.setDefaultTimeout(timeout)
    const errors = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url, { waitUntil: 'networkidle' })
    await page.getByRole('button', { name: 'Send' }).click()
    const approval = page.getByRole('region', { name: 'Approval' })
    await approval.getByText('2. {"order":"A4","amount":6}').waitFor()
    if (screenshots !== null) await page.screenshot({ path: `${screenshots}/pending.png`, fullPage: true })
    await approval.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Done: refunded 8 for A2, refunded 6 for A4.').waitFor()
    if (screenshots !== null) await page.screenshot({ path: `${screenshots}/approved.png`, fullPage: true })
    await page.getByLabel('Your message').fill('Again, please.')
    await page.getByRole('button', { name: 'Send' }).click()
    await approval.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('I made no refund.').waitFor()
    if (screenshots !== null) await page.screenshot({ path: `${screenshots}/denied.png`, fullPage: true })
    if (errors.length > 0) throw new Error(`the page reported ${errors.join(', ')}`)
  } finally {
    await browser.close()
  }
}

/** Resolves when the server says that it accepts requests. */
function whenReady(server) {
  return new Promise((resolve) => {
    server.stdout.on('data', (chunk) => {
      if (/Ready/.test(String(chunk))) resolve()
    })
  })
}

async function freePort() {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}
