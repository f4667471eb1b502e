import { mkdirSync } from 'node:fs'
import { launchBrowser } from '../test/viewer/open-viewer.ts'
import { startFixtureConsole } from '../test/console-page/fixture-console.ts'
import { call, cell, me, node, pendingCell, session } from '../test/console-page/fixture-data.ts'
import { openConsole } from '../test/console-page/open-console.ts'

// Makes the screenshots of the console in docs/images, of sample data. Needs `npm run build` and Chromium.

const now = Date.now()
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const pictures = [
  {
    name: 'console-cell',
    fragment: '#cells?session=support-0&cell=0',
    window: { colorScheme: 'light', width: 1280, height: 860 },
  },
  { name: 'console-approvals', fragment: '#approvals', window: { colorScheme: 'dark', width: 1280, height: 860 } },
  { name: 'console-charts', fragment: '#charts', window: { colorScheme: 'light', width: 1280, height: 860 } },
] as const

await using server = await startFixtureConsole({
  user: me({ name: 'Ada', isClaimed: false, source: 'postgres://db/agents' }),
  cells: range(240).map((index) => cell(index, now)),
  sessions: range(40).map((index) => session(index, now)),
  calls: [
    call(0, now, { sessionId: 'support-0', cellId: '0', key: 'first', inputStart: '{"state":"overdue"}' }),
    ...range(2).map((index) =>
      call(1, now, { sessionId: 'support-0', cellId: '0', key: `mail-${index}`, state: 'not_started', note: null }),
    ),
    call(1, now),
  ],
  pending: [pendingCell(0, now), pendingCell(1, now)],
  nodes: range(3).map((index) => node(index, now)),
})
mkdirSync('docs/images', { recursive: true })
const browser = await launchBrowser()
try {
  for (const { name, fragment, window } of pictures) {
    await using opened = await openConsole(browser, server.url + fragment, window)
    await opened.page.getByText('● live').waitFor()
    await opened.page.locator('.console-main', { hasNotText: 'Loading…' }).waitFor()
    await opened.page.screenshot({ path: `docs/images/${name}.png` })
  }
} finally {
  await browser.close()
}
