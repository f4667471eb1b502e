import { afterAll, describe, expect, test } from 'vitest'
import { createReferenceAdapter } from '../../scripts/reference/reference-adapter.ts'
import type { Adapter } from '../conformance/adapter.ts'
import { loadCases } from '../conformance/load-cases.ts'
import { missingCapability, runCase } from '../conformance/run-case.ts'
import { timeFactorOf } from '../conformance/time-factor.ts'
import { InstalledHost } from './installed-host.ts'

const tolerance = { timeFactor: timeFactorOf(process.env) }

/** An empty id ends the connection, as it does with the reference. */
const ends = new Set(['CM-J17'])

describe.skipIf(process.platform === 'win32')('the cases, asked of codecell codex-host as of the reference', () => {
  const installed = new InstalledHost()
  const codex = installed.write('native/codex')
  installed.write('native/codex-code-mode-host')
  installed.install('out', '--codex', codex)
  const adapter: Adapter = createReferenceAdapter(installed.path('out', 'codex-code-mode-host'))
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]()
    installed[Symbol.dispose]()
  })

  const cases = loadCases().filter(
    (each) => missingCapability(each, adapter.provides) === null && !each.slow && !ends.has(each.id),
  )

  test.each(cases)('$id $title', { timeout: 120_000 }, async (conformanceCase) => {
    const { type, ...details } = await runCase(conformanceCase, adapter, tolerance)
    const problem = 'problem' in details ? details.problem : null
    expect({ type, problem }).toEqual({ type: 'passed', problem: null })
  })
})
