import { runCodex } from '../../../test/codex-cli/codex-run.ts'
import { scenarios as all } from '../../../test/codex-cli/scenarios.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'

/** The outputs that a model receives in the scenarios of `test/codex-cli`, over both protocols. */
export const scenarios: Part = {
  name: 'scenarios',
  title: 'Scenarios of the agent',
  isTimed: true,
  async collect({ codex }, only): Promise<Facts> {
    const facts: Record<string, unknown> = {}
    for (const protocol of ['grpc', 'framed'] as const) {
      for (const [scenarioName, scenario] of Object.entries(all)) {
        const name = `${scenarioName} (${protocol})`
        if (only?.has(name) === false) continue
        const { outputs, notifications, exit, requests } = await runCodex({ ...scenario, codex, protocol })
        facts[name] = { outputs, notifications, exit, requests: requests.length }
      }
    }
    return facts
  },
}
