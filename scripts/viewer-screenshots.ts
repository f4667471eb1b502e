import { mkdirSync } from 'node:fs'
import { launchBrowser, openFile } from '../test/viewer/open-viewer.ts'
import { smallPayloads, smallViewData } from '../test/viewer/sample-view-data.ts'

// Makes the pictures of the viewer in docs/images. Needs `npm run build` and /usr/bin/chromium.
mkdirSync('docs/images', { recursive: true })
const browser = await launchBrowser()
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    await using opened = await openFile(browser, smallViewData(), smallPayloads)
    await opened.page.emulateMedia({ colorScheme })
    await opened.page.setViewportSize({ width: 1280, height: 860 })
    await opened.page.screenshot({ path: `docs/images/viewer-${colorScheme}.png` })
  }
} finally {
  await browser.close()
}
