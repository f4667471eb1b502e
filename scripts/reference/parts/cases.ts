import { loadCases } from '../../../test/conformance/load-cases.ts'
import { missingCapability, runCase } from '../../../test/conformance/run-case.ts'
import { timeFactorOf } from '../../../test/conformance/time-factor.ts'
import { createReferenceAdapter } from '../reference-adapter.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'

/** The outcomes of the conformance cases on the stand-alone host, without slow ones. */
export const cases: Part = {
  name: 'cases',
  title: 'Conformance cases',
  isTimed: true,
  async collect({ host }, only): Promise<Facts> {
    await using adapter = createReferenceAdapter(host)
    const facts: Record<string, unknown> = {}
    for (const each of loadCases()) {
      if (each.slow || only?.has(each.id) === false || missingCapability(each, adapter.provides) !== null) continue
      const result = await runCase(each, adapter, { timeFactor: timeFactorOf(process.env) })
      facts[each.id] = withoutTimestamps(result)
    }
    return facts
  },
}

/** The host can log a warning before it ends, and the outcome has its text. */
function withoutTimestamps(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'))
}
