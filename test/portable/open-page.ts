import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import type { Browser, Page } from 'playwright-core'

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Returns a module of `page/` with the built package, as a bundler of a user makes it. */
async function bundled(name: string): Promise<string> {
  await using build = await rolldown({
    input: fileOf(`test/portable/page/${name}.js`),
    platform: 'browser',
    resolve: {
      alias: {
        'codecell/portable/worker': fileOf('dist/portable-worker.js'),
        'codecell/portable': fileOf('dist/portable.js'),
      },
    },
  })
  const { output } = await build.generate({ format: 'esm' })
  return output[0].code
}

/** Opens a page with the checks of `page/page.js`. */
export async function openPage(browser: Browser): Promise<AsyncDisposable & { readonly page: Page }> {
  const files = new Map([
    ['/', { type: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' }],
    ['/page.js', { type: 'text/javascript', body: await bundled('page') }],
    ['/host-worker.js', { type: 'text/javascript', body: await bundled('host-worker') }],
    ['/quickjs.wasm', { type: 'application/wasm', body: readFileSync(fileOf('dist/quickjs.wasm')) }],
  ])
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '')
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/`)
  await page.waitForFunction('globalThis.checks !== undefined')
  return {
    page,
    async [Symbol.asyncDispose]() {
      await page.close()
      server.close()
      server.closeAllConnections()
    },
  }
}
