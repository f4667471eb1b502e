import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the table of why-code-mode.md has the figures of the measurement', () => {
  const root = new URL('../../', import.meta.url)
  const script = fileURLToPath(new URL('bench/code-mode.ts', root))
  const flags = ['--disable-warning=ExperimentalWarning', script]
  const measured = execFileSync(process.execPath, flags, { cwd: root, encoding: 'utf8' })
  const page = readFileSync(new URL('docs/why-code-mode.md', root), 'utf8')
  expect(measured).toContain('twenty invoices: a program')
  expect(page).toContain(measured)
})
