import { expect, test } from 'vitest'
import { bothHosts } from './both-hosts.ts'
import { runCodex } from './codex-run.ts'
import { scenarios } from './scenarios.ts'

const runs = (['grpc', 'framed'] as const).flatMap((protocol) =>
  Object.entries(scenarios).map(([name, scenario]) => ({ name, protocol, scenario })),
)

test.each(runs)('both hosts return the same items for $name ($protocol)', async ({ protocol, scenario }) => {
  const run = async (codex: string): Promise<unknown> => {
    const { requests, ...seen } = await runCodex({ ...scenario, codex, protocol })
    return { ...seen, requests: requests.length }
  }
  const hosts = await bothHosts()
  const [theirs, ours] = [await run(hosts.reference), await run(hosts.codecell)]
  expect(ours).toEqual(theirs)
  expect(JSON.stringify(theirs)).toContain('Script ')
})
