import { parseExecInput } from '../../src/agent/exec-input.ts'
import { execDescription } from '../../src/agent/exec-description.ts'
import { execToolSpec } from '../../src/agent/exec-tool.ts'
import { formatHeader } from '../../src/agent/response.ts'
import { parseWaitInput } from '../../src/agent/wait-input.ts'
import { waitToolSpec } from '../../src/agent/wait-tool.ts'
import { joinName, normalizeName } from '../../src/index.ts'
import { effectiveYieldTimeMs } from '../../src/protocol/yield-time.ts'
import { isRecord } from '../../src/protocol/json.ts'
import type { ParsedExec } from './adapter.ts'

/** The parser of `exec` input under the names that the cases use. */
export function parseExec(input: unknown): ParsedExec {
  const { source, yieldTimeMs, maxOutputTokens } = parseExecInput(input)
  return { code: source, yieldMs: yieldTimeMs, maxTokens: maxOutputTokens }
}

/** The plain functions of codecell that cases call, by the names of the case format. */
export const codecellFunctions: ReadonlyMap<string, (...args: readonly unknown[]) => unknown> = new Map<
  string,
  (...args: readonly unknown[]) => unknown
>([
  ['normalizeName', (name) => normalizeName(String(name))],
  ['joinName', (namespace, name) => joinName(typeof namespace === 'string' ? namespace : null, String(name))],
  ['effectiveYieldMs', (cap, requested) => effectiveYieldTimeMs(cap === null ? null : Number(cap), Number(requested))],
  ['formatHeader', (response) => headerOf(response)],
  ['execTool', () => execToolSpec(execDescription())],
  ['waitTool', () => waitToolSpec()],
  ['dispatchWrongPayload', (tool) => (tool === 'exec' ? parseExecInput(null) : parseWaitInput(null))],
])

function headerOf(response: unknown): string {
  if (!isRecord(response)) throw new TypeError('formatHeader takes an object')
  const { outcome, durationMs } = { outcome: response['outcome'], durationMs: Number(response['durationMs']) }
  switch (outcome) {
    case 'result':
      return formatHeader({ outcome: 'completed', durationMs })
    case 'terminated':
      return formatHeader({ outcome: 'terminated', durationMs })
    default:
      throw new TypeError(`Cannot format the header of "${String(outcome)}"`)
  }
}
