import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createCodeModeTools, createSession, type Tool } from '../src/index.ts'
import { inProcessHostPool } from '../src/in-process.ts'
import { createTraceRecorder } from '../src/trace.ts'
import { traceViewHtml } from '../src/trace-view.ts'
import { launchBrowser, open } from '../test/viewer/open-viewer.ts'

// Records a session and makes the screenshots of the viewer in docs/images. Needs `npm run build`, Chromium,
// and the flags of the in-process host: node --no-node-snapshot --no-turboshaft-loop-unrolling FILE
const tools: readonly Tool[] = [
  slow('list_pages', 180, () => ['/begin', '/tools', '/limits', '/errors']),
  slow('fetch_page', 320, ({ url }) => ({ title: `Page ${String(url)}`, words: 640 })),
  slow('summarize', 1400, () => ({ title: 'How to begin', text: 'Install it, give it tools, read the trace.' })),
  slow('get_order', 90, ({ id }) => ({ id, total: 120, state: 'closed' })),
  slow('refund', 240, () => {
    throw new Error('refund refused: the order is closed')
  }),
]

function slow(
  name: string,
  milliseconds: number,
  answer: (input: { readonly [name: string]: unknown }) => unknown,
): Tool {
  let calls = 0
  return {
    name,
    async call(input) {
      await setTimeout(milliseconds * (1 + 0.4 * (calls++ % 4)))
      return answer(typeof input === 'object' && input !== null ? { ...input } : {})
    },
  }
}

const review = `// Three pages at once, then a summary
const urls = await tools.list_pages({ site: "docs" })
const pages = await Promise.all(
  urls.slice(0, 3).map((url) => tools.fetch_page({ url })),
)
text(\`Read \${pages.length} pages\`)
yield_control()
const summary = await tools.summarize({ pages })
store("summary", summary)
text(summary.title)
`

const refund = `const order = await tools.get_order({ id: 4711 })
if (order.total > 100) {
  await tools.refund({ id: order.id, amount: order.total })
}
`

const folder = mkdtempSync(join(tmpdir(), 'codecell-pictures-'))
try {
  await takePictures(await recordSession())
} finally {
  rmSync(folder, { recursive: true })
}

async function recordSession(): Promise<string> {
  const recorder = createTraceRecorder({ root: folder })
  await using hosts = inProcessHostPool()
  const session = await createSession({ hosts, tools, listeners: [recorder.rootThread.listen()] })
  const model = createCodeModeTools(session)
  await model.exec.call(review, { callId: 'call-1' })
  await model.wait.call({ cell_id: '1' }, { callId: 'call-2' })
  await model.exec.call(refund, { callId: 'call-3' })
  await model.exec.call('text(load("summary").text)', { callId: 'call-4' })
  await session.close()
  await recorder.close()
  return recorder.directory
}

async function takePictures(directory: string): Promise<void> {
  const file = join(folder, 'trace.html')
  writeFileSync(file, traceViewHtml({ directory }))
  mkdirSync('docs/images', { recursive: true })
  const browser = await launchBrowser()
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(browser, pathToFileURL(file).href)
      await page.setViewportSize({ width: 1280, height: 860 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `docs/images/viewer-${colorScheme}.png` })
    }
  } finally {
    await browser.close()
  }
}
