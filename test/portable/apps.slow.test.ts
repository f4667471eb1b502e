import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const hasTools = process.env['CODECELL_PORTABLE_TOOLS'] !== undefined
const reason = hasTools ? '' : ' (skipped: CODECELL_PORTABLE_TOOLS is not set; see npm run check:portable)'

test.runIf(hasTools)(`apps of all bundlers run in Chromium, workerd, Node, Bun and Deno${reason}`, () => {
  const script = fileURLToPath(new URL('../../scripts/check-portable.ts', import.meta.url))
  const output = execFileSync(process.execPath, [script], { encoding: 'utf8' })
  expect(output).toContain('workerd, .wasm import: ok')
})
