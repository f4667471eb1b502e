import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installReference } from '../../scripts/reference/install-reference.ts'
import { reduceWithCodecell, reduceWithReference } from '../../scripts/reference/reduce-trace.ts'
import { newFolder } from '../support/folder.ts'
import { runCodex } from './codex-run.ts'
import { brokenScenarios, scenarios } from './scenarios.ts'

const named = Object.entries({ ...scenarios, ...brokenScenarios }).map(([name, scenario]) => ({ name, scenario }))

test.each(named)('codecell reduces what the agent records of $name to the same state', async ({ scenario }) => {
  const { codex } = await installReference()
  const traceFolder = newFolder()
  await runCodex({ ...scenario, codex, protocol: 'grpc', traceFolder })
  const bundles = readdirSync(traceFolder).map((name) => join(traceFolder, name))
  expect(bundles).toHaveLength(scenario.processes ?? 1)
  for (const bundle of bundles) {
    const state = reduceWithReference(codex, bundle)
    expect(state).toBeTypeOf('object')
    expect(reduceWithCodecell(bundle)).toEqual(state)
  }
})
