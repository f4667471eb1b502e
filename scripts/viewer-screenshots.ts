import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { inProcessHostPool } from '../src/in-process.ts'
import { createTraceRecorder } from '../src/trace.ts'
import { traceViewHtml } from '../src/trace-view.ts'
import { recordTeam } from '../test/trace/recorder/record-team.ts'
import { launchBrowser, open } from '../test/viewer/open-viewer.ts'

// Records four agents and makes the screenshots of the viewer in docs/images. Needs `npm run build`, Chromium,
// and the flag of the in-process host: node --no-node-snapshot FILE

const prices = {
  currency: 'USD',
  models: {
    'gpt-5.6-sol': { input: 1.25, cachedInput: 0.125, output: 10 },
    'gpt-5.6-luna': { input: 0.25, cachedInput: 0.025, output: 2 },
  },
}

type Picture = {
  readonly name: string
  readonly fragment: string
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
}

const pictures: readonly Picture[] = [
  { name: 'viewer-overview', fragment: '', colorScheme: 'light', width: 1280, height: 1000 },
  {
    name: 'viewer-conversation',
    fragment: '#view=conversation&thread=ADA',
    colorScheme: 'dark',
    width: 1280,
    height: 860,
  },
  { name: 'viewer-cell', fragment: '#step=cell:code_cell:tests-run', colorScheme: 'light', width: 1280, height: 860 },
  { name: 'viewer-narrow', fragment: '', colorScheme: 'dark', width: 390, height: 844 },
]

const folder = mkdtempSync(join(tmpdir(), 'codecell-pictures-'))
try {
  await using hosts = inProcessHostPool()
  const recorder = createTraceRecorder({ root: folder })
  await recordTeam({ recorder, hosts, pace: 1 })
  await recorder.close()
  await takePictures(recorder.directory)
} finally {
  rmSync(folder, { recursive: true })
}

async function takePictures(directory: string): Promise<void> {
  const html = traceViewHtml({ directory, prices })
  const file = join(folder, 'trace.html')
  writeFileSync(file, html)
  const ada = /"id":"([^"]+)","path":"\/root\/tests"/.exec(html)?.[1] ?? ''
  mkdirSync('docs/images', { recursive: true })
  const browser = await launchBrowser()
  try {
    for (const picture of pictures) {
      await takePicture(browser, pathToFileURL(file).href + picture.fragment.replace('ADA', ada), picture)
    }
  } finally {
    await browser.close()
  }
}

async function takePicture(
  browser: Browser,
  url: string,
  { name, colorScheme, width, height }: Picture,
): Promise<void> {
  const { page } = await open(browser, url)
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme })
  await page.screenshot({ path: `docs/images/${name}.png` })
}
